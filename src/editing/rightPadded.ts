/** Texts of different lengths as one batch: padding stands on the right, where a causal model never looks at it. */
import type { TokenBatch } from "../model/forward";

/** Rows filled up with id 0. */
export function rightPadded(rows: readonly ArrayLike<number>[]): TokenBatch {
  const positions = Math.max(...rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * positions);
  rows.forEach((row, index) => ids.set(Array.from(row), index * positions));
  return { batch: rows.length, positions, ids };
}

/** Index of (row, position) among the batch's flattened positions. */
export const flatRow = (batch: { positions: number }, row: number, position: number): number =>
  row * batch.positions + position;
