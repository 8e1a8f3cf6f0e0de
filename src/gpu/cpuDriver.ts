/** The plain JavaScript backend: tfjs's cpu kernels and our slow twins. The reference the others are tested against. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { Driver } from "./driver";
import { readFromMemory, writeToMemory, type WeightView } from "./memoryWeights";
import { registerReferenceKernels } from "./referenceKernels";
import { KERNELS } from "./specs/all";
import { isPacked, weightShape } from "./weightLayout";

let registered = false;

function register(): void {
  if (registered) return;
  registered = true;
  registerReferenceKernels("cpu", KERNELS, (backend) => {
    const cpu = backend as MathBackendCPU;
    return {
      view: (info) => cpu.data.get(info.dataId).values as Float32Array,
      create: (shape, values) => cpu.makeTensorInfo(shape, "float32", values),
    };
  });
}

/** Starts tfjs's cpu backend. */
export async function startCpu(): Promise<Driver> {
  register();
  await tf.setBackend("cpu");
  const backend = tf.backend() as MathBackendCPU;
  const viewOf = (tensor: tf.Tensor) => backend.data.get(tensor.dataId).values as WeightView;
  return {
    name: "cpu",
    adapter: "JavaScript, one thread (reference)",
    heldBytes: () => tf.memory().numBytes,
    assertHealthy: () => undefined,
    trim: () => undefined,
    dispose: () => undefined,
    layout: () => "panels8",
    allocateWeight: (geometry) =>
      tf.zeros(weightShape(geometry), isPacked(geometry.layout) ? "int32" : "float32"),
    writeWeight: (weight, rows) => writeToMemory(viewOf(weight), rows),
    readWeight: async (weight, geometry) => readFromMemory(viewOf(weight), geometry),
    settle: async () => undefined,
  };
}
