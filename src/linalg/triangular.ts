/**
 * Forward and backward substitution with a Cholesky factor L [n, n]; right-hand sides are the columns of
 * B [n, columns], row-major, so that the inner loop runs over a row of B.
 */
import { invariant } from "../lib/errors";
import type { CholeskyFactor } from "./cholesky";

/** Overwrites B with L⁻¹ B. */
export function solveLowerInPlace({ n, lower }: CholeskyFactor, b: Float64Array, columns: number): void {
  invariant(b.length === n * columns, `solveLower: ${b.length} numbers are not ${n} × ${columns}`);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtractRow(b, columns, i, k, lower[i * n + k]!);
    divideRow(b, columns, i, lower[i * n + i]!);
  }
}

/** Overwrites B with L⁻ᵀ B. Walks L by rows as well: a solved row is at once taken from all rows above it. */
export function solveLowerTransposedInPlace(
  { n, lower }: CholeskyFactor,
  b: Float64Array,
  columns: number,
): void {
  invariant(b.length === n * columns, `solveLowerTransposed: ${b.length} numbers are not ${n} × ${columns}`);
  for (let i = n - 1; i >= 0; i--) {
    divideRow(b, columns, i, lower[i * n + i]!);
    for (let k = 0; k < i; k++) subtractRow(b, columns, k, i, lower[i * n + k]!);
  }
}

/** X = (L Lᵀ)⁻¹ B; B [n, columns] is left alone. */
export function solveFactored(factor: CholeskyFactor, b: Float64Array, columns = 1): Float64Array {
  const x = Float64Array.from(b);
  solveLowerInPlace(factor, x, columns);
  solveLowerTransposedInPlace(factor, x, columns);
  return x;
}

function subtractRow(b: Float64Array, columns: number, target: number, source: number, factor: number): void {
  const to = target * columns;
  const from = source * columns;
  for (let c = 0; c < columns; c++) b[to + c]! -= factor * b[from + c]!;
}

function divideRow(b: Float64Array, columns: number, row: number, divisor: number): void {
  for (let c = row * columns; c < (row + 1) * columns; c++) b[c]! /= divisor;
}
