/**
 * Frozen weights in the backend's memory: linear maps and row tables (embeddings, also used as tied unembeddings).
 * One copy in the layout the backend's kernels want (weightLayout.ts) serves every direction.
 */
import { invariant } from "../lib/errors";
import { activeDriver } from "./driver";
import type { Tensor } from "./tensor";
import { keep } from "./tensor";
import type { PackedLayout, WeightGeometry, WeightLayout } from "./weightLayout";
import { PANEL, weightBytes } from "./weightLayout";

/** How a weight's numbers are kept. What computes with them does so in float32. */
export type NumberFormat = "float32" | "float16" | "bfloat16" | "int8";

/** WebGPU promises bindings of 128 MiB everywhere; no chunk of a table is larger. */
export const MAX_CHUNK_BYTES = 128 * 1024 * 1024;

/** A frozen W [inFeatures, outFeatures]; x W and its gradient to x read the same copy. */
export interface LinearWeight extends WeightGeometry {
  readonly tensor: Tensor;
  /** Whether it decodes to exactly the values it was made from. */
  readonly exact: boolean;
  dispose(): void;
}

/** A frozen E [rows, columns], cut into chunks of rows. */
export interface RowTable {
  readonly rows: number;
  readonly columns: number;
  readonly exact: boolean;
  /** Chunk c holds rows firstRow … firstRow + outFeatures - 1 as the outputs of a weight with `columns` inputs. */
  readonly chunks: readonly TableChunk[];
  dispose(): void;
}

export type TableChunk = LinearWeight & { readonly firstRow: number };

/**
 * @param values row-major [inFeatures, outFeatures], or [outFeatures, inFeatures] when `orientation` says so; not kept
 * @throws AppError not-finite when a format other than float32 is to keep a NaN or an infinity
 */
export function createLinear(
  values: Float32Array,
  inFeatures: number,
  outFeatures: number,
  orientation: "inOut" | "outIn" = "inOut",
  format: NumberFormat = "float32",
): LinearWeight {
  invariant(
    values.length === inFeatures * outFeatures,
    `createLinear: [${inFeatures}, ${outFeatures}] needs ${inFeatures * outFeatures} values, got ${values.length}`,
  );
  const geometry = { inFeatures, outFeatures, layout: layoutFor("linear", format) };
  const tensor = allocate(geometry);
  try {
    const exact = activeDriver().writeWeight(tensor, { geometry, orientation, firstRow: 0, values });
    return { ...geometry, tensor, exact, dispose: () => tensor.dispose() };
  } catch (error) {
    tensor.dispose();
    throw error;
  }
}

/**
 * The values kernels compute with, bit for bit, as row-major [inFeatures, outFeatures]: those given to `createLinear`
 * unless the format rounded them.
 */
export async function readLinear(weight: LinearWeight): Promise<Float32Array> {
  return activeDriver().readWeight(weight.tensor, weight);
}

/**
 * Fills a table piece by piece, so that JavaScript never holds more than one piece.
 * @param fillChunk gives rows firstRow … firstRow + rowCount - 1 as row-major [rowCount, columns]
 * @param maxPieceBytes how much `fillChunk` is asked for at once
 * @param maxChunkBytes how much one tensor holds
 * @throws AppError not-finite, as `createLinear`, and what `fillChunk` throws
 */
export async function createRowTable(
  rows: number,
  columns: number,
  fillChunk: (firstRow: number, rowCount: number) => Float32Array | Promise<Float32Array>,
  {
    maxPieceBytes = 16 * 1024 * 1024,
    maxChunkBytes = MAX_CHUNK_BYTES,
    format = "float32",
  }: TableOptions = {},
): Promise<RowTable> {
  const layout = layoutFor("rowTable", format);
  const rowsPerChunk = wholePanels(
    maxChunkBytes,
    weightBytes({ inFeatures: columns, outFeatures: PANEL, layout }),
  );
  const rowsPerPiece = wholePanels(maxPieceBytes, 4 * columns * PANEL);
  const chunks: TableChunk[] = [];
  const dispose = () => chunks.forEach((chunk) => chunk.dispose());
  try {
    for (let firstRow = 0; firstRow < rows; firstRow += rowsPerChunk) {
      const outFeatures = Math.min(rowsPerChunk, rows - firstRow);
      const geometry = { inFeatures: columns, outFeatures, layout };
      const tensor = allocate(geometry);
      const at =
        chunks.push({ ...geometry, tensor, exact: true, firstRow, dispose: () => tensor.dispose() }) - 1;
      for (let row = 0; row < outFeatures; row += rowsPerPiece) {
        const count = Math.min(rowsPerPiece, outFeatures - row);
        const values = await fillChunk(firstRow + row, count);
        invariant(
          values.length === count * columns,
          `createRowTable: fillChunk(${firstRow + row}, ${count}) must give ${count * columns} values, gave ${values.length}`,
        );
        const write = { geometry, orientation: "outIn", firstRow: row, values } as const;
        const exact = activeDriver().writeWeight(tensor, write);
        chunks[at] = { ...chunks[at]!, exact: chunks[at]!.exact && exact };
        await activeDriver().settle();
      }
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { rows, columns, chunks, exact: chunks.every(({ exact }) => exact), dispose };
}

export type TableOptions = { maxPieceBytes?: number; maxChunkBytes?: number; format?: NumberFormat };

/** Rows that fit, in whole panels: every chunk but the last then fills its panels, and drivers pack whole ones. */
function wholePanels(bytes: number, bytesPerPanel: number): number {
  return Math.max(1, Math.floor(bytes / bytesPerPanel)) * PANEL;
}

/** Frees weights and tables; absent ones are skipped. */
export function disposeWeights(...weights: readonly (LinearWeight | RowTable | undefined)[]): void {
  for (const weight of weights) weight?.dispose();
}

const PACKED: Record<Exclude<NumberFormat, "float32">, PackedLayout> = {
  float16: "panels8Float16",
  bfloat16: "panels8Bfloat16",
  int8: "panels8Int8",
};

function layoutFor(kind: "linear" | "rowTable", format: NumberFormat): WeightLayout {
  return format === "float32" ? activeDriver().layout(kind) : PACKED[format];
}

function allocate(geometry: WeightGeometry): Tensor {
  return keep(activeDriver().allocateWeight(geometry));
}
