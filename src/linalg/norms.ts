/** Dot products and norms of float64 (or float32) vectors and of matrices laid out as vectors. Sums are float64. */

export type Numbers = Float64Array | Float32Array;

export function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Euclidean norm of a vector, Frobenius norm of a matrix. */
export const norm = (a: Numbers): number => Math.sqrt(dot(a, a));

/** ‖a − b‖ / ‖b‖; the plain norm of the difference when b is zero. */
export function relativeDifference(a: Numbers, b: Numbers): number {
  let difference = 0;
  for (let i = 0; i < b.length; i++) difference += (a[i]! - b[i]!) ** 2;
  const reference = norm(b);
  return reference === 0 ? Math.sqrt(difference) : Math.sqrt(difference) / reference;
}

/** Sum of the diagonal of a [n, n]. */
export function trace(a: Numbers, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i]!;
  return sum;
}
