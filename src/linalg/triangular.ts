/**
 * Forward and backward substitution with a Cholesky factor L [n, n]; right-hand sides are the columns of B [n, columns],
 * row-major. Several of them are solved as the rows of Bᵀ, block by block, so that almost all of the work is products of
 * contiguous rows (rowProducts.ts); for a few the inner loop runs over a row of B.
 */
import { invariant } from "../lib/errors";
import type { CholeskyFactor } from "./cholesky";
import { subtractRowProducts } from "./rowProducts";
import type { Rows } from "./rowProductTiles";
import { reversedTriangleAt, substituteRows, triangleAt } from "./substitution";
import { transpose, transposeInto } from "./transpose";

/** Unknowns solved before their part of all further rows is subtracted. */
const BLOCK = 48;
/** Right-hand sides from which on blocks pay. */
const ENOUGH = 4;

/** Overwrites B with L⁻¹ B. */
export function solveLowerInPlace({ n, lower }: CholeskyFactor, b: Float64Array, columns: number): void {
  invariant(b.length === n * columns, `solveLower: ${b.length} numbers are not ${n} × ${columns}`);
  if (columns === 1) return forwardVector(lower, n, b);
  if (columns >= ENOUGH) return asRows(b, n, columns, (rows) => forwardBlocks(lower, n, rows, columns));
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
  if (columns === 1) return backwardVector(lower, n, b);
  if (columns >= ENOUGH) return asRows(b, n, columns, (rows) => backwardBlocks(lower, n, rows, columns));
  for (let i = n - 1; i >= 0; i--) {
    divideRow(b, columns, i, lower[i * n + i]!);
    for (let k = 0; k < i; k++) subtractRow(b, columns, k, i, lower[i * n + k]!);
  }
}

/** Overwrites every row x of X [rows, n] with L⁻¹ x. */
export function solveLowerForRows({ n, lower }: CholeskyFactor, x: Float64Array): void {
  invariant(x.length % n === 0, `solveLowerForRows: ${x.length} numbers are not rows of ${n}`);
  forwardBlocks(lower, n, x, x.length / n);
}

/** X = (L Lᵀ)⁻¹ B; B [n, columns] is left alone. */
export function solveFactored(factor: CholeskyFactor, b: Float64Array, columns = 1): Float64Array {
  const x = Float64Array.from(b);
  const { n, lower } = factor;
  if (columns >= ENOUGH) {
    invariant(b.length === n * columns, `solveFactored: ${b.length} numbers are not ${n} × ${columns}`);
    asRows(x, n, columns, (rows) => {
      forwardBlocks(lower, n, rows, columns);
      backwardBlocks(lower, n, rows, columns);
    });
    return x;
  }
  solveLowerInPlace(factor, x, columns);
  solveLowerTransposedInPlace(factor, x, columns);
  return x;
}

function forwardVector(lower: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let sum = x[i]!;
    for (let k = 0; k < i; k++) sum -= lower[row + k]! * x[k]!;
    x[i] = sum / lower[row + i]!;
  }
}

function backwardVector(lower: Float64Array, n: number, x: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const value = x[i]! / lower[row + i]!;
    x[i] = value;
    for (let k = 0; k < i; k++) x[k]! -= lower[row + k]! * value;
  }
}

/** Lets `solve` work on Bᵀ [columns, n]. */
function asRows(b: Float64Array, n: number, columns: number, solve: (rows: Float64Array) => void): void {
  const rows = transpose(b, n, columns);
  solve(rows);
  b.set(transpose(rows, columns, n));
}

function forwardBlocks(lower: Float64Array, n: number, rows: Float64Array, columns: number): void {
  const from = (at: number): Rows => ({ values: rows, from: at, stride: n });
  for (let first = 0; first < n; first += BLOCK) {
    const size = Math.min(BLOCK, n - first);
    const left = { values: lower, from: first * n, stride: n };
    subtractRowProducts(from(first), from(0), left, columns, size, first);
    substituteRows(triangleAt(lower, n, first, size), from(first), columns);
  }
}

function backwardBlocks(lower: Float64Array, n: number, rows: Float64Array, columns: number): void {
  const from = (at: number): Rows => ({ values: rows, from: at, stride: n });
  const below = { values: new Float64Array(BLOCK * n), from: 0, stride: n };
  const last = Math.floor((n - 1) / BLOCK) * BLOCK;
  for (let first = last; first >= 0; first -= BLOCK) {
    const end = Math.min(first + BLOCK, n);
    // The block's columns of L below it, as rows.
    transposeInto(below, { values: lower, from: end * n + first, stride: n }, n - end, end - first);
    subtractRowProducts(from(first), from(end), below, columns, end - first, n - end);
    substituteRows(reversedTriangleAt(lower, n, first, end - first), from(end - 1), columns, -1);
  }
}

function subtractRow(b: Float64Array, columns: number, target: number, source: number, factor: number): void {
  const to = target * columns;
  const from = source * columns;
  for (let c = 0; c < columns; c++) b[to + c]! -= factor * b[from + c]!;
}

function divideRow(b: Float64Array, columns: number, row: number, divisor: number): void {
  for (let c = row * columns; c < (row + 1) * columns; c++) b[c]! /= divisor;
}
