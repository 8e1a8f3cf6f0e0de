/** Transposed copies, in blocks: a column read or written whole would fetch a cache line for every number. */
import type { Rows } from "./rowProductTiles";

const BLOCK = 8;

/** Aᵀ of A [rows, columns]. */
export function transpose(a: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(a.length);
  transposeInto(
    { values: out, from: 0, stride: rows },
    { values: a, from: 0, stride: columns },
    rows,
    columns,
  );
  return out;
}

/** `target` becomes the transpose of `source` [rows, columns]; they must not overlap. */
export function transposeInto(target: Rows, source: Rows, rows: number, columns: number): void {
  for (let i = 0; i < rows; i += BLOCK) {
    const end = Math.min(i + BLOCK, rows);
    for (let j = 0; j < columns; j++) {
      const to = target.from + j * target.stride;
      for (let row = i; row < end; row++)
        target.values[to + row] = source.values[source.from + row * source.stride + j]!;
    }
  }
}
