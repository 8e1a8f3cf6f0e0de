/**
 * Eigenvalues and eigenvectors of a symmetric A [n, n] in float64: Householder reflections to tridiagonal form, then
 * the implicit QL iteration with Wilkinson's shift (Golub & Van Loan, 8.3). Everything walks rows, which lie contiguously:
 * eigenvectors are rows. About 4n³ operations for the form and 10n³ for the vectors.
 */
import { AppError, invariant } from "../lib/errors";
import { plainRotations, type RowRotations } from "./rowRotations";
import { runAtOnce, type Steps } from "./steps";
import { accumulateReflections, tridiagonalise } from "./tridiagonal";
import { kernelRotations } from "./wasm/rotationKernel";

/** `values` descending; row i of `vectors` [n, n] is the unit eigenvector of values[i]. */
export type SymmetricEigen = { n: number; values: Float64Array; vectors: Float64Array };

/** Parts of the time until the end, as measured at n = 1536; the iteration is the rest. */
const TRIDIAGONAL = 0.4;
const ACCUMULATION = 0.15;

/** Only A's symmetric part counts; A is left alone. Throws AppError `singular-matrix` when the iteration stalls. */
export const symmetricEigen = (a: Float64Array, n: number): SymmetricEigen =>
  runAtOnce(symmetricEigenSteps(a, n));

/** `symmetricEigen` in steps of some milliseconds, each telling how much is done. */
export function* symmetricEigenSteps(a: Float64Array, n: number): Steps<SymmetricEigen> {
  invariant(a.length === n * n, `symmetricEigen: ${a.length} numbers are not a ${n} × ${n} matrix`);
  const form = yield* partOf(tridiagonalise(symmetrised(a, n), n), 0, TRIDIAGONAL);
  const reflected = yield* partOf(accumulateReflections(form, n), TRIDIAGONAL, ACCUMULATION);
  const vectors = kernelRotations(reflected, n) ?? plainRotations(reflected, n);
  const done = TRIDIAGONAL + ACCUMULATION;
  yield* partOf(diagonalise(form.diagonal, form.beside, vectors, n), done, 1 - done);
  const order = [...form.diagonal.keys()].sort((x, y) => form.diagonal[y]! - form.diagonal[x]!);
  const values = Float64Array.from(order, (at) => form.diagonal[at]!);
  return { n, values, vectors: vectors.inOrder(order) };
}

/** The same steps, told as a part of the whole. */
function* partOf<Result>(steps: Steps<Result>, before: number, share: number): Steps<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    yield before + share * (step.value ?? 0);
  }
}

function symmetrised(a: Float64Array, n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const mean = (a[i * n + j]! + a[j * n + i]!) / 2;
      matrix[i * n + j] = mean;
      matrix[j * n + i] = mean;
    }
  }
  return matrix;
}

const MOST_ITERATIONS = 60;

/** Implicit QL: rotations annihilate `beside`; each acts on two neighbouring rows. Yields the part done, 0 … 1. */
function* diagonalise(
  diagonal: Float64Array,
  beside: Float64Array,
  rows: RowRotations,
  n: number,
): Steps<void> {
  // Relative to the whole matrix: a cluster of small eigenvalues carries rounding of that size anyhow.
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
      sweep(diagonal, beside, rows, low, high);
      if (n > 256 || iteration % 16 === 0) yield 1 - (1 - low / n) ** 2;
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
  rows: RowRotations,
  low: number,
  high: number,
): void {
  const ratio = (diagonal[low + 1]! - diagonal[low]!) / (2 * beside[low]!);
  const root = Math.hypot(ratio, 1);
  let g = diagonal[high]! - diagonal[low]! + beside[low]! / (ratio + (ratio >= 0 ? root : -root));
  let [sine, cosine, p] = [1, 1, 0];
  rows.begin(high - 1);
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
    rows.rotate(sine, cosine);
  }
  diagonal[low]! -= p;
  beside[low] = g;
  beside[high] = 0;
}
