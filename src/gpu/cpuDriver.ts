/** The plain JavaScript backend: tfjs's cpu kernels and our slow twins. The reference the others are tested against. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { Driver } from "./driver";
import { registerReferenceKernels } from "./referenceKernels";
import { KERNELS } from "./specs/all";
import { readWeightRows, weightShape, writeWeightRows } from "./weightLayout";

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
  const valuesOf = (tensor: tf.Tensor) => backend.data.get(tensor.dataId).values as Float32Array;
  return {
    name: "cpu",
    adapter: "JavaScript, one thread (reference)",
    heldBytes: () => tf.memory().numBytes,
    assertHealthy: () => undefined,
    trim: () => undefined,
    dispose: () => undefined,
    layout: () => "panels8",
    allocateWeight: (geometry) => tf.zeros(weightShape(geometry)),
    writeWeight: (weight, geometry, orientation, firstRow, values) =>
      writeWeightRows(valuesOf(weight), geometry, orientation, firstRow, values),
    readWeight: async (weight, geometry) => readWeightRows(valuesOf(weight), geometry),
    settle: async () => undefined,
  };
}
