/** Weights of a backend whose tensors lie in memory that JavaScript can reach (cpu, wasm). */
import { packedPieces, unpackRows } from "./panelPieces";
import type { WeightRows } from "./panelPieces";
import { isPacked, readWeightRows, writeWeightRows } from "./weightLayout";
import type { WeightGeometry } from "./weightLayout";

/** A tensor's memory: words for packed layouts, numbers for the others. */
export type WeightView = Float32Array | Int32Array;

/** Puts rows in their places. Returns whether the weight decodes to exactly these values. */
export function writeToMemory(view: WeightView, rows: WeightRows): boolean {
  const { geometry, orientation, firstRow, values } = rows;
  if (!isPacked(geometry.layout)) {
    writeWeightRows(view as Float32Array, geometry, orientation, firstRow, values);
    return true;
  }
  let exact = true;
  for (const piece of packedPieces(rows)) {
    view.set(piece.words, piece.firstWord);
    exact &&= piece.exact;
  }
  return exact;
}

/** W as row-major [in, out]. */
export function readFromMemory(view: WeightView, geometry: WeightGeometry): Float32Array {
  return isPacked(geometry.layout)
    ? unpackRows(view as Int32Array, geometry)
    : readWeightRows(view as Float32Array, geometry);
}
