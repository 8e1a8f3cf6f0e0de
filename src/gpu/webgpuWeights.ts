/** Puts frozen weights into GPU buffers, in panels of 8 outputs (weightLayout.ts), a few megabytes at a time. */
import * as tf from "@tensorflow/tfjs-core";
import { packedPieces, panelPieces, unpackRows } from "./panelPieces";
import type { WeightRows } from "./panelPieces";
import { PANEL, isPacked, readWeightRows, weightShape } from "./weightLayout";
import type { WeightGeometry } from "./weightLayout";
import type { GuardedWebGpuBackend } from "./webgpuBackend";

/** A zeroed tensor of the weight's shape. */
export function allocateWeight(backend: GuardedWebGpuBackend, geometry: WeightGeometry): tf.Tensor {
  const info = backend.makeTensorInfo(weightShape(geometry), isPacked(geometry.layout) ? "int32" : "float32");
  backend.uploadToGPU(info.dataId);
  // The buffer may be a used one from the pool; only new ones are zero.
  const encoder = backend.device.createCommandEncoder();
  encoder.clearBuffer(bufferOf(backend, info));
  backend.queue.submit([encoder.finish()]);
  return tf.engine().makeTensorFromTensorInfo(info);
}

/**
 * Packs the rows and hands them to the device; the values may be reused by the caller afterwards. Returns whether the
 * weight decodes to exactly these values.
 */
export function writeWeight(backend: GuardedWebGpuBackend, weight: tf.TensorInfo, rows: WeightRows): boolean {
  backend.own.assertHealthy();
  backend.flush(); // commands that still read the weight's old values must go first
  const buffer = bufferOf(backend, weight);
  let exact = true;
  if (isPacked(rows.geometry.layout)) {
    for (const piece of packedPieces(rows)) {
      backend.queue.writeBuffer(buffer, 4 * piece.firstWord, piece.words);
      exact &&= piece.exact;
    }
  } else {
    for (const { firstPanel, firstInput, panels } of panelPieces(rows)) {
      const firstNumber = (firstPanel * rows.geometry.inFeatures + firstInput) * PANEL;
      backend.queue.writeBuffer(buffer, 4 * firstNumber, panels);
    }
  }
  return exact;
}

/** W as row-major [in, out]. */
export async function readWeight(weight: tf.Tensor, geometry: WeightGeometry): Promise<Float32Array> {
  const numbers = await weight.data();
  return isPacked(geometry.layout)
    ? unpackRows(numbers as Int32Array, geometry)
    : readWeightRows(numbers as Float32Array, geometry);
}

function bufferOf(backend: GuardedWebGpuBackend, info: tf.TensorInfo): GPUBuffer {
  backend.uploadToGPU(info.dataId);
  return backend.tensorMap.get(info.dataId).resource as GPUBuffer;
}
