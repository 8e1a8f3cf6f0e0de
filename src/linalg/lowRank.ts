/**
 * Woodbury forms: systems with C + (a few columns) solved through C's factor (algorithms.md 4.2, 9.8).
 * C [f, f] is factored once; K [f, n] holds keys as columns with n ≪ f; λ weighs C.
 *   (λC + K Kᵀ)⁻¹ K = C⁻¹K (λ I + Kᵀ C⁻¹ K)⁻¹
 * Its slow twin, for systems with nearly as many keys as dimensions, is `solveKeysDense`.
 */
import { cholesky, type CholeskyFactor } from "./cholesky";
import { productOfRows, subtractRowProducts } from "./rowProducts";
import { transpose } from "./transpose";
import { solveFactored } from "./triangular";

/** Rows of a symmetric product made together. */
const ROWS = 48;

/**
 * X = (λC + K Kᵀ + K_p K_pᵀ)⁻¹ K, [f, n], by triangular solves with n + p columns and one system of that size.
 * K_p [f, p] are keys to be left alone. (With A = [K K_p] it is the first n columns of C⁻¹A (λI + AᵀC⁻¹A)⁻¹.)
 */
export function solveKeysLowRank(
  factor: CholeskyFactor,
  keys: Float64Array,
  n: number,
  lambda: number,
  kept: Float64Array = new Float64Array(0),
): Float64Array {
  const f = factor.n;
  const p = kept.length / f;
  const all = p === 0 ? keys : sideBySide(keys, kept, f);
  const whitened = solveFactored(factor, all, n + p); // C⁻¹A [f, n + p]
  return selectedColumns(gram(all, whitened, f), whitened, f, n, lambda);
}

/**
 * X = P A (AᵀPA + μI)⁻¹, its first n columns [f, n]: AlphaEdit's system with A = [K K_p] (algorithms.md 7.1).
 * `projected` is P A [f, n + p].
 */
export function solveProjectedKeys(
  projected: Float64Array,
  f: number,
  n: number,
  ridge: number,
): Float64Array {
  return selectedColumns(gram(projected, projected, f), projected, f, n, ridge);
}

/** The first n columns of B (G + shift I)⁻¹ for B [f, m] and G [m, m]. */
function selectedColumns(
  system: Float64Array,
  b: Float64Array,
  f: number,
  n: number,
  shift: number,
): Float64Array {
  const m = b.length / f;
  for (let i = 0; i < m; i++) system[i * m + i]! += shift;
  const selector = new Float64Array(m * n);
  for (let i = 0; i < n; i++) selector[i * n + i] = 1;
  const weights = solveFactored(cholesky(system, m), selector, n);
  return productOfRows(b, transpose(weights, m, n), f, n, m);
}

/** X = (λC + K Kᵀ + K_p K_pᵀ)⁻¹ K from C [f, f] itself: one f × f factorisation. */
export function solveKeysDense(
  c: Float64Array,
  f: number,
  keys: Float64Array,
  lambda: number,
  kept: Float64Array = new Float64Array(0),
): Float64Array {
  const all = kept.length === 0 ? keys : sideBySide(keys, kept, f);
  const m = all.length / f;
  const system = c.map((value) => lambda * value);
  const rows = { values: all, from: 0, stride: m };
  const negative = { values: all.map((value) => -value), from: 0, stride: m };
  // The lower triangle alone is read: blocks of rows up to their own diagonal.
  for (let first = 0; first < f; first += ROWS) {
    const count = Math.min(ROWS, f - first);
    const target = { values: system, from: first * f, stride: f };
    subtractRowProducts(target, { ...negative, from: first * m }, rows, count, first + count, m);
  }
  return solveFactored(cholesky(system, f), keys, keys.length / f);
}

/** [A B] for A [rows, a] and B [rows, b]. */
export function sideBySide(a: Float64Array, b: Float64Array, rows: number): Float64Array {
  const [m, n] = [a.length / rows, b.length / rows];
  const joined = new Float64Array(a.length + b.length);
  for (let row = 0; row < rows; row++) {
    joined.set(a.subarray(row * m, (row + 1) * m), row * (m + n));
    joined.set(b.subarray(row * n, (row + 1) * n), row * (m + n) + m);
  }
  return joined;
}

/** A B [m, n] for A [m, k] and B [k, n]. */
export function multiply(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  return productOfRows(a, transpose(b, k, n), m, n, k);
}

/** Aᵀ B [n, n] for A, B [f, n] with a symmetric result, made exactly so against rounding. */
function gram(a: Float64Array, b: Float64Array, f: number): Float64Array {
  const n = a.length / f;
  const rows = transpose(a, f, n);
  const product = productOfRows(rows, a === b ? rows : transpose(b, f, n), n, n, f);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) product[j * n + i] = product[i * n + j]!;
  return product;
}
