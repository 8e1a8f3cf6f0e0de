/** rowProducts.ts's plain form, the slow twin of wasm/productKernel.ts: four by four, so that each number loaded serves four sums. */

/** Rows of a matrix from a place on, each `stride` after the one before. */
export type Rows = { values: Float64Array; from: number; stride: number };

/** Terms of the dot products summed from zero before they are taken from T: stretches of the rows that fit a cache. */
const DEPTH = 256;

/** As `subtractRowProducts`. */
export function subtractWithTiles(target: Rows, a: Rows, b: Rows, m: number, n: number, depth: number): void {
  for (let from = 0; from < depth; from += DEPTH) {
    const length = Math.min(DEPTH, depth - from);
    for (let i = 0; i < m; i += 4) {
      for (let j = 0; j < n; j += 4) {
        const t = target.from + i * target.stride + j;
        const [at, bt] = [a.from + i * a.stride + from, b.from + j * b.stride + from];
        if (i + 4 <= m && j + 4 <= n) subtractTile(target, t, a, at, b, bt, length);
        else subtractRagged(target, t, a, at, b, bt, length, Math.min(4, m - i), Math.min(4, n - j));
      }
    }
  }
}

function subtractTile(
  { values: t, stride }: Rows,
  at: number,
  { values: a, stride: aStride }: Rows,
  a0: number,
  { values: b, stride: bStride }: Rows,
  b0: number,
  length: number,
): void {
  const a1 = a0 + aStride;
  const a2 = a1 + aStride;
  const a3 = a2 + aStride;
  const b1 = b0 + bStride;
  const b2 = b1 + bStride;
  const b3 = b2 + bStride;
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0; // prettier-ignore
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0; // prettier-ignore
  for (let k = 0; k < length; k++) {
    const x0 = a[a0 + k]!;
    const x1 = a[a1 + k]!;
    const x2 = a[a2 + k]!;
    const x3 = a[a3 + k]!;
    const y0 = b[b0 + k]!;
    const y1 = b[b1 + k]!;
    const y2 = b[b2 + k]!;
    const y3 = b[b3 + k]!;
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
  subtractFour(t, at, s00, s01, s02, s03);
  subtractFour(t, at + stride, s10, s11, s12, s13);
  subtractFour(t, at + 2 * stride, s20, s21, s22, s23);
  subtractFour(t, at + 3 * stride, s30, s31, s32, s33);
}

function subtractFour(t: Float64Array, at: number, s0: number, s1: number, s2: number, s3: number): void {
  t[at]! -= s0;
  t[at + 1]! -= s1;
  t[at + 2]! -= s2;
  t[at + 3]! -= s3;
}

/** A tile at the border. */
function subtractRagged(
  { values: t, stride }: Rows,
  at: number,
  a: Rows,
  a0: number,
  b: Rows,
  b0: number,
  length: number,
  m: number,
  n: number,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const [x, y] = [a0 + i * a.stride, b0 + j * b.stride];
      let sum = 0;
      for (let k = 0; k < length; k++) sum += a.values[x + k]! * b.values[y + k]!;
      t[at + i * stride + j]! -= sum;
    }
  }
}
