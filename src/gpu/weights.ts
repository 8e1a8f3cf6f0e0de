/**
 * Frozen weights in the backend's memory: linear maps and row tables (embeddings, also used as tied unembeddings).
 * One copy in the layout the backend's kernels want (weightLayout.ts) serves every direction.
 */
import { invariant } from "../lib/errors";
import { activeDriver } from "./driver";
import type { Tensor } from "./tensor";
import { keep } from "./tensor";
import type { WeightGeometry } from "./weightLayout";

/** WebGPU promises bindings of 128 MiB everywhere; no chunk of a table is larger. */
export const MAX_CHUNK_BYTES = 128 * 1024 * 1024;

/** A frozen W [inFeatures, outFeatures]; x W and its gradient to x read the same copy. */
export interface LinearWeight extends WeightGeometry {
  readonly tensor: Tensor;
  dispose(): void;
}

/** A frozen E [rows, columns], cut into chunks of rows. */
export interface RowTable {
  readonly rows: number;
  readonly columns: number;
  /** Chunk c holds rows firstRow … firstRow + outFeatures - 1 as the outputs of a weight with `columns` inputs. */
  readonly chunks: readonly (LinearWeight & { readonly firstRow: number })[];
  dispose(): void;
}

/**
 * @param values row-major [inFeatures, outFeatures], or [outFeatures, inFeatures] when `orientation` says so; not kept
 */
export function createLinear(
  values: Float32Array,
  inFeatures: number,
  outFeatures: number,
  orientation: "inOut" | "outIn" = "inOut",
): LinearWeight {
  invariant(
    values.length === inFeatures * outFeatures,
    `createLinear: [${inFeatures}, ${outFeatures}] needs ${inFeatures * outFeatures} values, got ${values.length}`,
  );
  const weight = allocate({ inFeatures, outFeatures, layout: activeDriver().layout("linear") });
  activeDriver().writeWeight(weight.tensor, weight, orientation, 0, values);
  return weight;
}

/** The values given to `createLinear`, bit for bit, as row-major [inFeatures, outFeatures]. */
export async function readLinear(weight: LinearWeight): Promise<Float32Array> {
  return activeDriver().readWeight(weight.tensor, weight);
}

/**
 * Fills a table piece by piece, so that JavaScript never holds more than one piece.
 * @param fillChunk gives rows firstRow … firstRow + rowCount - 1 as row-major [rowCount, columns]
 * @param maxPieceBytes how much `fillChunk` is asked for at once
 * @param maxChunkBytes how much one tensor holds
 */
export async function createRowTable(
  rows: number,
  columns: number,
  fillChunk: (firstRow: number, rowCount: number) => Float32Array | Promise<Float32Array>,
  maxPieceBytes = 16 * 1024 * 1024,
  maxChunkBytes = MAX_CHUNK_BYTES,
): Promise<RowTable> {
  const bytesPerRow = 4 * columns;
  // A multiple of 8 rows: every chunk but the last then fills its panels.
  const rowsPerChunk = Math.max(8, Math.floor(maxChunkBytes / bytesPerRow / 8) * 8);
  // Pieces too: WebGPU's driver packs whole panels.
  const rowsPerPiece = Math.max(8, Math.floor(maxPieceBytes / bytesPerRow / 8) * 8);
  const chunks: (LinearWeight & { firstRow: number })[] = [];
  const table: RowTable = {
    rows,
    columns,
    chunks,
    dispose: () => chunks.forEach((chunk) => chunk.dispose()),
  };
  try {
    for (let firstRow = 0; firstRow < rows; firstRow += rowsPerChunk) {
      const outFeatures = Math.min(rowsPerChunk, rows - firstRow);
      const chunk = allocate({ inFeatures: columns, outFeatures, layout: activeDriver().layout("rowTable") });
      chunks.push({ ...chunk, firstRow });
      for (let row = 0; row < outFeatures; row += rowsPerPiece) {
        const count = Math.min(rowsPerPiece, outFeatures - row);
        const values = await fillChunk(firstRow + row, count);
        invariant(
          values.length === count * columns,
          `createRowTable: fillChunk(${firstRow + row}, ${count}) must give ${count * columns} values, gave ${values.length}`,
        );
        activeDriver().writeWeight(chunk.tensor, chunk, "outIn", row, values);
        await activeDriver().settle();
      }
    }
  } catch (error) {
    table.dispose();
    throw error;
  }
  return table;
}

/** Frees weights and tables; absent ones are skipped. */
export function disposeWeights(...weights: readonly (LinearWeight | RowTable | undefined)[]): void {
  for (const weight of weights) weight?.dispose();
}

function allocate(geometry: WeightGeometry): LinearWeight {
  const tensor = keep(activeDriver().allocateWeight(geometry));
  return { ...geometry, tensor, dispose: () => tensor.dispose() };
}
