/** The WebGPU backend: tfjs's kernels and ours on the lab's own device. */
import * as tf from "@tensorflow/tfjs-core";
import { openDevice } from "./device";
import type { Driver } from "./driver";
import { GuardedWebGpuBackend, setWebGpuFlags } from "./webgpuBackend";
import { readWeightRows, weightShape, writeWeightRows } from "./weightLayout";

/**
 * Opens a device and makes tfjs compute on it.
 * @throws AppError `webgpu-unavailable` when there is no adapter
 */
export async function startWebGpu(): Promise<Driver> {
  setWebGpuFlags();
  const own = await openDevice();
  const backend = new GuardedWebGpuBackend(own);
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => backend, 3);
  await tf.setBackend("webgpu");
  const bufferOf = (tensor: tf.Tensor) => {
    const data = backend.tensorMap.get(tensor.dataId) as { resource?: unknown } | undefined;
    return data?.resource as GPUBuffer;
  };
  return {
    name: "webgpu",
    adapter: own.adapter,
    heldBytes: () => backend.bufferManager.numBytesAllocated,
    assertHealthy: () => own.assertHealthy(),
    trim: () => undefined,
    dispose: () => tf.removeBackend("webgpu"),
    layout: (kind) => (kind === "linear" ? "inOut" : "outIn"),
    allocateWeight: (geometry) => tf.zeros(weightShape(geometry)),
    writeWeight: (weight, geometry, orientation, firstRow, values) => {
      const rows = geometry.layout === orientation ? values : transposed(values, geometry, orientation);
      const width = orientation === "inOut" ? geometry.outFeatures : geometry.inFeatures;
      backend.flush();
      own.device.queue.writeBuffer(bufferOf(weight), 4 * firstRow * width, rows as Float32Array<ArrayBuffer>);
    },
    readWeight: async (weight, geometry) => readWeightRows((await weight.data()) as Float32Array, geometry),
    settle: () => own.settleErrors(),
  };
}

/** Only whole matrices are turned; pieces come in the layout's own orientation. */
function transposed(
  values: Float32Array,
  geometry: Parameters<typeof writeWeightRows>[1],
  orientation: "inOut" | "outIn",
): Float32Array {
  const target = new Float32Array(geometry.inFeatures * geometry.outFeatures);
  writeWeightRows(target, geometry, orientation, 0, values);
  return target;
}
