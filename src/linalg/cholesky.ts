/**
 * A = L Lᵀ for a symmetric positive definite A [n, n], in float64. Only A's lower triangle is read.
 * Left-looking in panels of columns: every product is a dot product of two rows, which lie contiguously in
 * row-major storage, computed four by four so that each number loaded serves four sums.
 * Solving with the factor is triangular.ts; deciding on a ridge is solveSpd.ts.
 */
import { AppError, invariant } from "../lib/errors";
import { runAtOnce, type Steps } from "./steps";

/** `lower` is L [n, n], row-major, zeros above the diagonal. */
export type CholeskyFactor = { n: number; lower: Float64Array };

/** Columns factored together, and how many terms of their dot products are taken before moving on (cache sizes). */
const PANEL = 48;
const DEPTH = 256;

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
  for (let k0 = 0; k0 < first; k0 += DEPTH) {
    const k1 = Math.min(k0 + DEPTH, first);
    for (let i = first; i < n; i += 4) {
      for (let j = first; j < Math.min(end, i + 4); j += 4) {
        if (i + 4 <= n && j + 4 <= end && j + 3 <= i) subtractTile(lower, n, i, j, k0, k1);
        else subtractRagged(lower, n, i, Math.min(i + 4, n), j, Math.min(j + 4, end), k0, k1);
      }
    }
  }
}

/** One 4 × 4 tile of the product: sixteen sums held in locals. */
function subtractTile(lower: Float64Array, n: number, i: number, j: number, k0: number, k1: number): void {
  const a0 = i * n;
  const a1 = a0 + n;
  const a2 = a1 + n;
  const a3 = a2 + n;
  const b0 = j * n;
  const b1 = b0 + n;
  const b2 = b1 + n;
  const b3 = b2 + n;
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0; // prettier-ignore
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0; // prettier-ignore
  for (let k = k0; k < k1; k++) {
    const x0 = lower[a0 + k]!;
    const x1 = lower[a1 + k]!;
    const x2 = lower[a2 + k]!;
    const x3 = lower[a3 + k]!;
    const y0 = lower[b0 + k]!;
    const y1 = lower[b1 + k]!;
    const y2 = lower[b2 + k]!;
    const y3 = lower[b3 + k]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  lower[a0 + j]! -= s00;
  lower[a0 + j + 1]! -= s01;
  lower[a0 + j + 2]! -= s02;
  lower[a0 + j + 3]! -= s03;
  lower[a1 + j]! -= s10;
  lower[a1 + j + 1]! -= s11;
  lower[a1 + j + 2]! -= s12;
  lower[a1 + j + 3]! -= s13;
  lower[a2 + j]! -= s20;
  lower[a2 + j + 1]! -= s21;
  lower[a2 + j + 2]! -= s22;
  lower[a2 + j + 3]! -= s23;
  lower[a3 + j]! -= s30;
  lower[a3 + j + 1]! -= s31;
  lower[a3 + j + 2]! -= s32;
  lower[a3 + j + 3]! -= s33;
}

/** The same for tiles at the border or on the diagonal; entries above the diagonal stay untouched. */
function subtractRagged(
  lower: Float64Array,
  n: number,
  i0: number,
  i1: number,
  j0: number,
  j1: number,
  k0: number,
  k1: number,
): void {
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < Math.min(j1, i + 1); j++) {
      let sum = 0;
      for (let k = k0; k < k1; k++) sum += lower[i * n + k]! * lower[j * n + k]!;
      lower[i * n + j]! -= sum;
    }
  }
}

/** The panel's own columns, once all earlier ones are subtracted: pivots, then the rows below. */
function factorPanel(
  lower: Float64Array,
  n: number,
  first: number,
  end: number,
  diagonal: Float64Array,
): void {
  for (let i = first; i < n; i++) {
    for (let j = first; j < Math.min(end, i + 1); j++) {
      let sum = lower[i * n + j]!;
      for (let k = first; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i > j) lower[i * n + j] = sum / lower[j * n + j]!;
      else lower[i * n + i] = Math.sqrt(checkedPivot(sum, i, n, diagonal[i]!));
    }
  }
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
