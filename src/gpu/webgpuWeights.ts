/** Puts frozen weights into GPU buffers, in panels of 8 outputs (weightLayout.ts), a few megabytes at a time. */
import * as tf from "@tensorflow/tfjs-core";
import { invariant } from "../lib/errors";
import { PANEL, weightShape } from "./weightLayout";
import type { WeightGeometry } from "./weightLayout";
import type { GuardedWebGpuBackend } from "./webgpuBackend";

/** What is packed in JavaScript at once, beside the values the caller holds. */
const PIECE_BYTES = 4 * 2 ** 20;

/** A zeroed tensor of the weight's shape. */
export function allocateWeight(backend: GuardedWebGpuBackend, geometry: WeightGeometry): tf.Tensor {
  const info = backend.makeTensorInfo(weightShape(geometry), "float32");
  backend.uploadToGPU(info.dataId);
  // The buffer may be a used one from the pool; only new ones are zero.
  const encoder = backend.device.createCommandEncoder();
  encoder.clearBuffer(bufferOf(backend, info));
  backend.queue.submit([encoder.finish()]);
  return tf.engine().makeTensorFromTensorInfo(info);
}

export type WeightRows = {
  geometry: WeightGeometry;
  /** What the rows are: of W (one input each) or of its transpose (one output each). */
  orientation: "inOut" | "outIn";
  firstRow: number;
  /** Row-major, whole rows. */
  values: Float32Array;
};

/** Packs the rows and hands them to the device; the values may be reused by the caller afterwards. */
export function writeWeight(backend: GuardedWebGpuBackend, weight: tf.TensorInfo, rows: WeightRows): void {
  backend.own.assertHealthy();
  backend.flush(); // commands that still read the weight's old values must go first
  const buffer = bufferOf(backend, weight);
  const write = rows.orientation === "inOut" ? writeInputs : writeOutputs;
  write(rows, (firstNumber, panels) => backend.queue.writeBuffer(buffer, 4 * firstNumber, panels));
}

type Upload = (firstNumber: number, panels: Float32Array<ArrayBuffer>) => void;

/** Rows of W: each panel receives a run of rows of 8. Whole matrices go several panels at a time. */
function writeInputs({ geometry, firstRow, values }: WeightRows, upload: Upload): void {
  const { inFeatures, outFeatures } = geometry;
  const rows = values.length / outFeatures;
  const panels = Math.ceil(outFeatures / PANEL);
  const together = rows === inFeatures ? Math.max(1, Math.floor(PIECE_BYTES / (4 * rows * PANEL))) : 1;
  for (let first = 0; first < panels; first += together) {
    const count = Math.min(together, panels - first);
    const packed = new Float32Array(count * rows * PANEL);
    for (let p = 0; p < count; p++) {
      const column = (first + p) * PANEL;
      const width = Math.min(PANEL, outFeatures - column);
      for (let row = 0; row < rows; row++) {
        const source = row * outFeatures + column;
        packed.set(values.subarray(source, source + width), (p * rows + row) * PANEL);
      }
    }
    upload((first * inFeatures + firstRow) * PANEL, packed);
  }
}

/** Rows of Wᵀ: eight of them make a panel, so a piece must start at a panel. */
function writeOutputs({ geometry, firstRow, values }: WeightRows, upload: Upload): void {
  const { inFeatures } = geometry;
  invariant(
    firstRow % PANEL === 0,
    `writeWeight: rows must start at a multiple of ${PANEL}, got ${firstRow}`,
  );
  const rows = values.length / inFeatures;
  const together = Math.max(1, Math.floor(PIECE_BYTES / (4 * inFeatures * PANEL))) * PANEL;
  for (let first = 0; first < rows; first += together) {
    const count = Math.min(together, rows - first);
    const packed = new Float32Array(Math.ceil(count / PANEL) * PANEL * inFeatures);
    for (let row = 0; row < count; row++) {
      const source = (first + row) * inFeatures;
      const target = Math.floor(row / PANEL) * inFeatures * PANEL + (row % PANEL);
      for (let i = 0; i < inFeatures; i++) packed[target + i * PANEL] = values[source + i] as number;
    }
    upload((firstRow + first) * inFeatures, packed);
  }
}

function bufferOf(backend: GuardedWebGpuBackend, info: tf.TensorInfo): GPUBuffer {
  backend.uploadToGPU(info.dataId);
  return backend.tensorMap.get(info.dataId).resource as GPUBuffer;
}
