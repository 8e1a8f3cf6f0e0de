/**
 * A = L Lᵀ for a symmetric positive definite A [n, n], in float64. Only A's lower triangle is read.
 * Left-looking in panels of columns: every product is a dot product of two rows, which lie contiguously in
 * row-major storage (rowProducts.ts); a panel's rows below its own block are a substitution with that (substitution.ts).
 * Solving with the factor is triangular.ts; deciding on a ridge is solveSpd.ts.
 */
import { AppError, invariant } from "../lib/errors";
import { subtractRowProducts } from "./rowProducts";
import { runAtOnce, type Steps } from "./steps";
import { substituteRows, triangleAt } from "./substitution";

/** `lower` is L [n, n], row-major, zeros above the diagonal. */
export type CholeskyFactor = { n: number; lower: Float64Array };

/** Columns factored together. */
const PANEL = 48;

/**
 * Factors A [n, n]. `shift` is added to the diagonal (a ridge).
 * Throws AppError `singular-matrix` naming the first pivot that is not safely positive: at most n·eps times
 * its own diagonal entry, so that the test does not depend on A's scale.
 */
export function cholesky(a: Float64Array, n: number, shift = 0): CholeskyFactor {
  return runAtOnce(choleskySteps(a, n, shift));
}

/** `cholesky` in steps of one panel. */
export function* choleskySteps(a: Float64Array, n: number, shift: number): Steps<CholeskyFactor> {
  invariant(a.length === n * n, `cholesky: ${a.length} numbers are not a ${n} × ${n} matrix`);
  const lower = lowerTriangle(a, n, shift);
  const diagonal = Float64Array.from({ length: n }, (_, i) => lower[i * n + i]!);
  for (let first = 0; first < n; first += PANEL) {
    const end = Math.min(first + PANEL, n);
    subtractEarlierColumns(lower, n, first, end);
    factorPanel(lower, n, first, end, diagonal);
    yield;
  }
  return { n, lower };
}

function lowerTriangle(a: Float64Array, n: number, shift: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    lower.set(a.subarray(i * n, i * n + i + 1), i * n);
    lower[i * n + i]! += shift;
  }
  return lower;
}

/** L[i, j] −= Σ_{k < first} L[i, k] L[j, k] for the panel's columns j in [first, end) and all rows i ≥ j. */
function subtractEarlierColumns(lower: Float64Array, n: number, first: number, end: number): void {
  const rowsFrom = (from: number) => ({ values: lower, from, stride: n });
  const rows = rowsFrom(first * n);
  subtractRowProducts(rowsFrom(first * n + first), rows, rows, n - first, end - first, first);
  // The panel's own block was taken whole.
  for (let i = first; i < end; i++) lower.fill(0, i * n + i + 1, i * n + end);
}

/** The panel's own columns, once all earlier ones are subtracted: its block with the pivots, then the rows below. */
function factorPanel(
  lower: Float64Array,
  n: number,
  first: number,
  end: number,
  diagonal: Float64Array,
): void {
  for (let i = first; i < end; i++) {
    for (let j = first; j <= i; j++) {
      let sum = lower[i * n + j]!;
      for (let k = first; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i > j) lower[i * n + j] = sum / lower[j * n + j]!;
      else lower[i * n + i] = Math.sqrt(checkedPivot(sum, i, n, diagonal[i]!));
    }
  }
  const below = { values: lower, from: end * n + first, stride: n };
  substituteRows(triangleAt(lower, n, first, end - first), below, n - end);
}

function checkedPivot(value: number, index: number, n: number, diagonal: number): number {
  if (value > n * Number.EPSILON * Math.abs(diagonal)) return value;
  throw new AppError(
    "singular-matrix",
    `The matrix is not positive definite: pivot ${index} of ${n} is ${value.toPrecision(3)}.`,
    "Use statistics from more text, or add a ridge.",
    { pivot: index, size: n, value },
  );
}
