/**
 * Eigenvalues and eigenvectors of a symmetric A [n, n] in float64: Householder reflections to tridiagonal form, then
 * the implicit QL iteration with Wilkinson's shift (Golub & Van Loan, 8.3). Everything walks rows, which lie contiguously:
 * eigenvectors are rows. About 4n³ operations for the form and 10n³ for the vectors.
 */
import { AppError, invariant } from "../lib/errors";
import { runAtOnce, type Steps } from "./steps";

/** `values` descending; row i of `vectors` [n, n] is the unit eigenvector of values[i]. */
export type SymmetricEigen = { n: number; values: Float64Array; vectors: Float64Array };

/** Parts of the time until the end, as measured at n = 512 … 1536; the iteration is the rest. */
const TRIDIAGONAL = 0.15;
const ACCUMULATION = 0.15;

/** Only A's symmetric part counts; A is left alone. Throws AppError `singular-matrix` when the iteration stalls. */
export const symmetricEigen = (a: Float64Array, n: number): SymmetricEigen =>
  runAtOnce(symmetricEigenSteps(a, n));

/** `symmetricEigen` in steps of some milliseconds, each telling how much is done. */
export function* symmetricEigenSteps(a: Float64Array, n: number): Steps<SymmetricEigen> {
  invariant(a.length === n * n, `symmetricEigen: ${a.length} numbers are not a ${n} × ${n} matrix`);
  const matrix = symmetrised(a, n);
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n); // beside[i] couples i and i + 1
  const scales = yield* tridiagonalise(matrix, n, diagonal, beside);
  const rows = yield* accumulate(matrix, n, scales);
  yield* diagonalise(diagonal, beside, rows, n);
  return sorted(diagonal, rows, n);
}

function symmetrised(a: Float64Array, n: number): Float64Array {
  return Float64Array.from(a, (value, at) => (value + a[(at % n) * n + Math.floor(at / n)]!) / 2);
}

/**
 * T = Qᵀ A Q with Q = H₀ H₁ …, H_k = I − β_k v_k v_kᵀ. Leaves v_k in row k of `matrix`, right of the diagonal; returns β.
 */
function* tridiagonalise(
  matrix: Float64Array,
  n: number,
  diagonal: Float64Array,
  beside: Float64Array,
): Steps<Float64Array> {
  const scales = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = matrix[k * n + k]!;
    if (k + 1 >= n) break;
    const v = matrix.subarray(k * n, (k + 1) * n); // row k equals column k
    const length = lengthFrom(v, k + 1);
    const first = v[k + 1]!;
    if (k + 2 >= n || length === Math.abs(first)) {
      beside[k] = first;
      continue;
    }
    const alpha = first > 0 ? -length : length;
    beside[k] = alpha;
    v[k + 1] = first - alpha;
    const beta = 1 / (alpha * (alpha - first));
    scales[k] = beta;
    reflectBothSides(matrix, n, k + 1, v, beta, w);
    if (k % 8 === 0) yield TRIDIAGONAL * (1 - (1 - k / n) ** 3);
  }
  return scales;
}

function lengthFrom(v: Float64Array, from: number): number {
  let sum = 0;
  for (let i = from; i < v.length; i++) sum += v[i]! * v[i]!;
  return Math.sqrt(sum);
}

/** A −= v wᵀ + w vᵀ over rows and columns from `from` on, with w = βAv − ½β²(vᵀAv)v. */
function reflectBothSides(
  matrix: Float64Array,
  n: number,
  from: number,
  v: Float64Array,
  beta: number,
  w: Float64Array,
): void {
  let along = 0;
  for (let i = from; i < n; i++) {
    const row = i * n;
    let sum = 0;
    for (let j = from; j < n; j++) sum += matrix[row + j]! * v[j]!;
    w[i] = beta * sum;
    along += w[i]! * v[i]!;
  }
  const half = (beta * along) / 2;
  for (let i = from; i < n; i++) w[i]! -= half * v[i]!;
  for (let i = from; i < n; i++) {
    const row = i * n;
    const vi = v[i]!;
    const wi = w[i]!;
    for (let j = from; j < n; j++) matrix[row + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

/** Qᵀ [n, n]: its rows become the eigenvectors. */
function* accumulate(matrix: Float64Array, n: number, scales: Float64Array): Steps<Float64Array> {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  // Qᵀ = … H₁ H₀ acts on columns of the identity; built backwards, row r only ever holds entries from k + 1 on.
  for (let k = n - 3; k >= 0; k--) {
    const beta = scales[k]!;
    if (beta === 0) continue;
    const v = matrix.subarray(k * n, (k + 1) * n);
    for (let r = k + 1; r < n; r++) {
      const row = r * n;
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += rows[row + j]! * v[j]!;
      const factor = beta * sum;
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) rows[row + j]! -= factor * v[j]!;
    }
    if (k % 8 === 0) yield TRIDIAGONAL + ACCUMULATION * (1 - k / n) ** 3;
  }
  return rows;
}

const MOST_ITERATIONS = 60;

/** Implicit QL: rotations annihilate `beside`; each acts on two neighbouring rows of `rows`. */
function* diagonalise(
  diagonal: Float64Array,
  beside: Float64Array,
  rows: Float64Array,
  n: number,
): Steps<void> {
  // Relative to the whole matrix: a cluster of small eigenvalues carries rounding of that size anyhow.
  const before = TRIDIAGONAL + ACCUMULATION;
  const negligible = Number.EPSILON * largestOf(diagonal, beside);
  for (let low = 0; low < n; low++) {
    for (let iteration = 0; ; iteration++) {
      const high = firstGap(beside, low, n, negligible);
      if (high === low) break;
      if (iteration === MOST_ITERATIONS) {
        throw new AppError(
          "singular-matrix",
          `The eigenvalues of a ${n} × ${n} matrix were not found in ${MOST_ITERATIONS} iterations.`,
          "Collect the statistics again.",
        );
      }
      sweep(diagonal, beside, rows, n, low, high);
      if (n > 256 || iteration % 16 === 0) yield before + (1 - before) * (1 - (1 - low / n) ** 2);
    }
  }
}

const largestOf = (diagonal: Float64Array, beside: Float64Array): number =>
  diagonal.reduce((most, value, at) => Math.max(most, Math.abs(value) + Math.abs(beside[at]!)), 0);

/** The end of the block that begins at `low`: the first place whose coupling to the next is negligible. */
function firstGap(beside: Float64Array, low: number, n: number, negligible: number): number {
  let at = low;
  while (at < n - 1 && Math.abs(beside[at]!) > negligible) at += 1;
  return at;
}

/** One QL step on the block low … high, from its bottom up. */
function sweep(
  diagonal: Float64Array,
  beside: Float64Array,
  rows: Float64Array,
  n: number,
  low: number,
  high: number,
): void {
  const ratio = (diagonal[low + 1]! - diagonal[low]!) / (2 * beside[low]!);
  const root = Math.hypot(ratio, 1);
  let g = diagonal[high]! - diagonal[low]! + beside[low]! / (ratio + (ratio >= 0 ? root : -root));
  let [sine, cosine, p] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const r = Math.hypot(f, g);
    beside[i + 1] = r;
    if (r === 0) {
      // The coupling vanished on the way: the block falls apart here.
      diagonal[i + 1]! -= p;
      beside[high] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = diagonal[i + 1]! - p;
    const t = (diagonal[i]! - g) * sine + 2 * cosine * b;
    p = sine * t;
    diagonal[i + 1] = g + p;
    g = cosine * t - b;
    rotate(rows, n, i, sine, cosine);
  }
  diagonal[low]! -= p;
  beside[low] = g;
  beside[high] = 0;
}

function rotate(rows: Float64Array, n: number, i: number, sine: number, cosine: number): void {
  const upper = i * n;
  const lower = upper + n;
  for (let k = 0; k < n; k++) {
    const x = rows[upper + k]!;
    const y = rows[lower + k]!;
    rows[lower + k] = sine * x + cosine * y;
    rows[upper + k] = cosine * x - sine * y;
  }
}

function sorted(values: Float64Array, rows: Float64Array, n: number): SymmetricEigen {
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(rows.subarray(from * n, (from + 1) * n), to * n));
  return { n, values: Float64Array.from(order, (at) => values[at]!), vectors };
}
