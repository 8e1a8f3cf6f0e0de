/**
 * Woodbury forms: systems with C + (a few columns) solved through C's factor (algorithms.md 4.2, 9.8).
 * C [f, f] is factored once; K [f, n] holds keys as columns with n ≪ f; λ weighs C.
 *   (λC + K Kᵀ)⁻¹ K = C⁻¹K (λ I + Kᵀ C⁻¹ K)⁻¹
 */
import { cholesky, type CholeskyFactor } from "./cholesky";
import { solveFactored } from "./triangular";

/** X = (λC + K Kᵀ)⁻¹ K, [f, n]: two triangular solves with n columns and one n × n system. */
export function solveKeysLowRank(
  factor: CholeskyFactor,
  keys: Float64Array,
  n: number,
  lambda: number,
): Float64Array {
  const f = factor.n;
  const whitened = solveFactored(factor, keys, n); // C⁻¹K [f, n]
  const system = gram(keys, whitened, f, n); // KᵀC⁻¹K [n, n]
  for (let i = 0; i < n; i++) system[i * n + i]! += lambda;
  // X Mᵀ = C⁻¹K with M symmetric: Xᵀ = M⁻¹ (C⁻¹K)ᵀ
  const solved = solveFactored(cholesky(system, n), transpose(whitened, f, n), f);
  return transpose(solved, n, f);
}

/** Aᵀ B [n, n] for A, B [f, n], made symmetric against rounding. */
function gram(a: Float64Array, b: Float64Array, f: number, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let row = 0; row < f; row++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) product[i * n + j]! += a[row * n + i]! * b[row * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (product[i * n + j]! + product[j * n + i]!) / 2;
      product[i * n + j] = mean;
      product[j * n + i] = mean;
    }
  }
  return product;
}

/** Aᵀ of A [rows, columns]. */
export function transpose(a: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j]!;
  }
  return out;
}
