/**
 * Condition estimate of a symmetric positive definite matrix from its Cholesky factor: the largest eigenvalue by
 * power iteration, the smallest by inverse iteration. Rayleigh quotients approach from inside, so the estimate is a
 * lower bound that is usually within a few per cent.
 */
import type { CholeskyFactor } from "./cholesky";
import { dot, norm } from "./norms";
import { runAtOnce, type Steps } from "./steps";
import { solveFactored } from "./triangular";

const ITERATIONS = 40;
const ENOUGH = 1e-3;

export type Spectrum = { largest: number; smallest: number; condition: number };

/** Eigenvalue bounds of A = L Lᵀ. Cost: at most 80 products with triangular n × n matrices. */
export const estimateSpectrum = (factor: CholeskyFactor): Spectrum => runAtOnce(spectrumSteps(factor));

/** `estimateSpectrum` in steps of one iteration. */
export function* spectrumSteps(factor: CholeskyFactor): Steps<Spectrum> {
  const largest = yield* dominantEigenvalue(factor.n, (x) => multiplyFactored(factor, x));
  const smallest = 1 / (yield* dominantEigenvalue(factor.n, (x) => solveFactored(factor, x)));
  return { largest, smallest, condition: largest / smallest };
}

function* dominantEigenvalue(n: number, apply: (x: Float64Array) => Float64Array): Steps<number> {
  let x = startVector(n);
  let eigenvalue = 0;
  for (let step = 0; step < ITERATIONS; step++) {
    const y = apply(x);
    const next = dot(x, y);
    const length = norm(y);
    x = y.map((value) => value / length);
    if (Math.abs(next - eigenvalue) <= ENOUGH * next) return next;
    eigenvalue = next;
    yield;
  }
  return eigenvalue;
}

/** Fixed, of unit norm, and with no symmetry that could make it orthogonal to an eigenvector by accident. */
function startVector(n: number): Float64Array {
  const x = Float64Array.from({ length: n }, (_, i) => 1 + Math.sin(1.7 * i + 0.3 * Math.sqrt(i)));
  const length = norm(x);
  return x.map((value) => value / length);
}

/** L (Lᵀ x). */
function multiplyFactored({ n, lower }: CholeskyFactor, x: Float64Array): Float64Array {
  const transposed = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const value = x[i]!;
    for (let k = 0; k <= i; k++) transposed[k]! += lower[i * n + k]! * value;
  }
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k <= i; k++) sum += lower[i * n + k]! * transposed[k]!;
    y[i] = sum;
  }
  return y;
}
