/**
 * T = Qᵀ A Q, tridiagonal, by Householder reflections (Golub & Van Loan, 8.3.1), and Q itself. In blocks of reflections, so that
 * all but the products of A with single vectors are products of rows (rowProducts.ts). Q = H₀ H₁ …, H_k = I − β_k v_k v_kᵀ.
 */
import { productOfRows, subtractRowProducts } from "./rowProducts";
import type { Rows } from "./rowProductTiles";
import type { Steps } from "./steps";
import { transpose } from "./transpose";

/** Reflections that wait before they are applied to what lies beyond them. */
const BLOCK = 32;

/** `beside[i]` couples i and i + 1. v_k lies in row k of `vectors` [n, n], from column k + 1 on; `scales` are β. */
export type Tridiagonal = {
  diagonal: Float64Array;
  beside: Float64Array;
  vectors: Float64Array;
  scales: Float64Array;
};

/** Overwrites a symmetric `matrix` [n, n]. Yields the part done, 0 … 1. */
export function* tridiagonalise(matrix: Float64Array, n: number): Steps<Tridiagonal> {
  const [diagonal, beside, scales] = [0, 1, 2].map(() => new Float64Array(n)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let first = 0; first < n; first += BLOCK) {
    const end = Math.min(first + BLOCK, n);
    // A as it is now less Σ v wᵀ + w vᵀ over the block's reflections so far; row p − first of `ws` is w_p.
    const ws = new Float64Array(BLOCK * n);
    for (let k = first; k < end; k++) {
      subtractWaiting(matrix, n, ws, first, k);
      diagonal[k] = matrix[k * n + k]!;
      if (k + 1 < n) beside[k] = reflect(matrix, n, k, scales);
      if (scales[k] !== 0) fillPartner(matrix, n, ws, first, k, scales[k]!);
      if (k % 8 === 0) yield 1 - (1 - k / n) ** 3;
    }
    subtractBlock(matrix, n, ws, first, end);
  }
  return { diagonal, beside, vectors: matrix, scales };
}

/** Brings row k up to date with the reflections that wait, from its diagonal on. */
function subtractWaiting(matrix: Float64Array, n: number, ws: Float64Array, first: number, k: number): void {
  for (let p = first; p < k; p++) {
    const [v, w] = [p * n, (p - first) * n];
    const [vk, wk] = [matrix[v + k]!, ws[w + k]!];
    for (let j = k; j < n; j++) matrix[k * n + j]! -= vk * ws[w + j]! + wk * matrix[v + j]!;
  }
}

/** Makes row k, right of its diagonal, the vector of a reflection that leaves only its first number. Returns that number. */
function reflect(matrix: Float64Array, n: number, k: number, scales: Float64Array): number {
  const at = k * n + k + 1;
  const first = matrix[at]!;
  let squares = 0;
  for (let j = k + 1; j < n; j++) squares += matrix[k * n + j]! ** 2;
  const length = Math.sqrt(squares);
  if (k + 2 >= n || length === Math.abs(first)) return first;
  const alpha = first > 0 ? -length : length;
  matrix[at] = first - alpha;
  scales[k] = 1 / (alpha * (alpha - first));
  return alpha;
}

/** w = βAv − ½β²(vᵀAv)v for v = v_k: with it H A H = A − v wᵀ − w vᵀ. */
function fillPartner(
  matrix: Float64Array,
  n: number,
  ws: Float64Array,
  first: number,
  k: number,
  beta: number,
): void {
  const v = matrix.subarray(k * n, (k + 1) * n);
  const w = ws.subarray((k - first) * n, (k - first + 1) * n);
  multiplyRows(matrix, n, k + 1, v, w);
  for (let p = first; p < k; p++) {
    const [vp, wp] = [p * n, (p - first) * n];
    let [alongV, alongW] = [0, 0];
    for (let j = k + 1; j < n; j++) {
      alongV += matrix[vp + j]! * v[j]!;
      alongW += ws[wp + j]! * v[j]!;
    }
    for (let j = k + 1; j < n; j++) w[j]! -= matrix[vp + j]! * alongW + ws[wp + j]! * alongV;
  }
  let along = 0;
  for (let j = k + 1; j < n; j++) {
    w[j]! *= beta;
    along += w[j]! * v[j]!;
  }
  const half = (beta * along) / 2;
  for (let j = k + 1; j < n; j++) w[j]! -= half * v[j]!;
}

/** w = A v over rows and columns from `from` on, four rows at a time. */
function multiplyRows(matrix: Float64Array, n: number, from: number, v: Float64Array, w: Float64Array): void {
  let i = from;
  for (; i + 4 <= n; i += 4) {
    const [a0, a1, a2, a3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0; // prettier-ignore
    for (let j = from; j < n; j++) {
      const y = v[j]!;
      s0 += matrix[a0 + j]! * y;
      s1 += matrix[a1 + j]! * y;
      s2 += matrix[a2 + j]! * y;
      s3 += matrix[a3 + j]! * y;
    }
    w[i] = s0;
    w[i + 1] = s1;
    w[i + 2] = s2;
    w[i + 3] = s3;
  }
  for (; i < n; i++) {
    let sum = 0;
    for (let j = from; j < n; j++) sum += matrix[i * n + j]! * v[j]!;
    w[i] = sum;
  }
}

/** A −= Σ v wᵀ + w vᵀ over rows and columns from `end` on, for the whole block. */
function subtractBlock(matrix: Float64Array, n: number, ws: Float64Array, first: number, end: number): void {
  const [m, count] = [n - end, end - first];
  const [left, right] = [new Float64Array(2 * m * count), new Float64Array(2 * m * count)];
  for (let p = 0; p < count; p++) {
    for (let i = 0; i < m; i++) {
      const v = matrix[(first + p) * n + end + i]!;
      const w = ws[p * n + end + i]!;
      const at = 2 * (i * count + p);
      [left[at], left[at + 1]] = [v, w];
      [right[at], right[at + 1]] = [w, v];
    }
  }
  const [a, b] = [left, right].map((values) => ({ values, from: 0, stride: 2 * count })) as [Rows, Rows];
  subtractRowProducts({ values: matrix, from: end * n + end, stride: n }, a, b, m, m, 2 * count);
}

/** Qᵀ [n, n]: what rotations then make the eigenvectors, as rows. Yields the part done, 0 … 1. */
export function* accumulateReflections({ vectors, scales }: Tridiagonal, n: number): Steps<Float64Array> {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  // Built backwards, row r only ever holds entries from k + 1 on.
  for (let end = n - 2; end > 0; end -= BLOCK) {
    const first = Math.max(0, end - BLOCK);
    reflectRows(rows, n, vectors, scales, first, end);
    yield (1 - first / n) ** 3;
  }
  return rows;
}

/**
 * Every row x from `first` + 1 on becomes x H_{end−1} … H_first = x − ((x Vᵀ) S) V with the vectors as rows of V, the last one
 * first (the compact form of Schreiber and Van Loan).
 */
function reflectRows(
  rows: Float64Array,
  n: number,
  vectors: Float64Array,
  scales: Float64Array,
  first: number,
  end: number,
): void {
  const [from, count] = [first + 1, end - first];
  const m = n - from;
  const v = new Float64Array(count * m);
  for (let a = 0; a < count; a++) {
    const k = end - 1 - a;
    v.set(vectors.subarray(k * n + k + 1, (k + 1) * n), a * m + k + 1 - from);
  }
  const betas = scales.slice(first, end).reverse();
  const square = { values: rows, from: from * n + from, stride: n };
  const along = { values: new Float64Array(m * count), from: 0, stride: count };
  subtractRowProducts(along, square, { values: v, from: 0, stride: m }, m, count, m);
  const weights = productOfRows(along.values, negativeCoupling(v, betas, m), m, count, count);
  const columns = { values: transpose(v, count, m), from: 0, stride: count };
  subtractRowProducts(square, { ...along, values: weights }, columns, m, m, count);
}

/** −Sᵀ for upper triangular S: S_aa = β_a, and above it S_ab = −β_b Σ_{a ≤ c < b} S_ac (v_c · v_b). */
function negativeCoupling(v: Float64Array, betas: Float64Array, width: number): Float64Array {
  const count = betas.length;
  const gram = productOfRows(v, v, count, count, width);
  const coupling = new Float64Array(count * count); // [b, a] = −S_ab
  for (let b = 0; b < count; b++) {
    coupling[b * count + b] = -betas[b]!;
    for (let a = 0; a < b; a++) {
      let sum = 0;
      for (let c = a; c < b; c++) sum += coupling[c * count + a]! * gram[c * count + b]!;
      coupling[b * count + a] = -betas[b]! * sum;
    }
  }
  return coupling;
}
