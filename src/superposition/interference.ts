/**
 * From Gram matrices to what they say about pairs of facts (algorithms.md 18.1, 18.2). G [n, n] is K C⁻¹ Kᵀ over rows
 * of keys for whitened space, K Kᵀ for the keys as they are.
 */

type Matrix = Float64Array<ArrayBuffer>;

/** P[i][j] = p(kᵢ, kⱼ) = kᵢᵀC⁻¹kⱼ / kᵢᵀC⁻¹kᵢ: the share of an edit of fact i that falls on fact j. Not symmetric. */
export function interferenceMatrix(gram: Float64Array, n: number): Matrix {
  return map(gram, n, (value, i) => value / gram[i * n + i]!);
}

/** cos of the angle between two facts' keys in the Gram matrix's space; 1 on the diagonal, within [−1, 1]. */
export function cosineMatrix(gram: Float64Array, n: number): Matrix {
  const lengths = Float64Array.from({ length: n }, (_, i) => Math.sqrt(gram[i * n + i]!));
  return map(gram, n, (value, i, j) =>
    i === j ? 1 : Math.max(-1, Math.min(1, value / (lengths[i]! * lengths[j]!))),
  );
}

/** Angle of a cosine in degrees, 0 to 180. */
export const degrees = (cosine: number): number => (Math.acos(cosine) * 180) / Math.PI;

/** The n (n − 1) entries off the diagonal, row by row. */
export function offDiagonal(matrix: Float64Array, n: number): Float64Array {
  const values = new Float64Array(n * (n - 1));
  let at = 0;
  for (let i = 0; i < n; i++) {
    values.set(matrix.subarray(i * n, i * n + i), at);
    values.set(matrix.subarray(i * n + i + 1, (i + 1) * n), at + i);
    at += n - 1;
  }
  return values;
}

/** The n (n − 1) / 2 entries below the diagonal of a symmetric matrix. */
export function belowDiagonal(matrix: Float64Array, n: number): Float64Array {
  const values = new Float64Array((n * (n - 1)) / 2);
  for (let i = 1; i < n; i++) values.set(matrix.subarray(i * n, i * n + i), (i * (i - 1)) / 2);
  return values;
}

function map(gram: Float64Array, n: number, of: (value: number, i: number, j: number) => number): Matrix {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) result[i * n + j] = of(gram[i * n + j]!, i, j);
  }
  return result;
}
