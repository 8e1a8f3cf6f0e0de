/**
 * Keys in whitened space and their Gram matrix: with C = L Lᵀ, x̃ = L⁻¹x has xᵀC⁻¹y = x̃ · ỹ (algorithms.md 18.2).
 * Rows are facts throughout. Float64; in steps of some milliseconds.
 */
import type { CholeskyFactor } from "../linalg/cholesky";
import { transpose } from "../linalg/lowRank";
import type { Steps } from "../linalg/steps";
import { solveLowerInPlace } from "../linalg/triangular";

/** Facts whitened between two pauses, and rows of a Gram matrix. */
const ROWS_AT_ONCE = 64;
/** Side of the tiles of a Gram matrix: sixteen dot products for eight rows that are read. */
const TILE = 4;

/** Every row x of K [n, f] as x̃ = L⁻¹x. */
export function* whitenSteps(factor: CholeskyFactor, keys: Float64Array): Steps<Float64Array> {
  const f = factor.n;
  const n = keys.length / f;
  const whitened = new Float64Array(keys.length);
  for (let first = 0; first < n; first += ROWS_AT_ONCE) {
    const end = Math.min(first + ROWS_AT_ONCE, n);
    const columns = transpose(keys.subarray(first * f, end * f), end - first, f);
    solveLowerInPlace(factor, columns, end - first);
    whitened.set(transpose(columns, f, end - first), first * f);
    yield;
  }
  return whitened;
}

/** G [n, n] with G[i][j] = rows i · j of X [n, f]; exactly symmetric. */
export function* gramSteps(x: Float64Array, f: number): Steps<Float64Array<ArrayBuffer>> {
  const n = x.length / f;
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i += TILE) {
    for (let j = 0; j <= i; j += TILE) {
      if (i + TILE <= n) multiplyTile(x, f, n, i, j, gram);
      else multiplyRagged(x, f, n, i, j, gram);
    }
    if ((i / TILE) % (ROWS_AT_ONCE / TILE) === 0) yield;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) gram[j * n + i] = gram[i * n + j]!;
  return gram;
}

/** Rows i … i + 3 with rows j … j + 3, both below n; entries above the diagonal are overwritten afterwards. */
function multiplyTile(x: Float64Array, f: number, n: number, i: number, j: number, gram: Float64Array): void {
  const b0 = j * f;
  const [b1, b2, b3] = [b0 + f, b0 + 2 * f, b0 + 3 * f];
  for (let row = i; row < i + TILE; row += 2) {
    const a0 = row * f;
    const a1 = a0 + f;
    let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0; // prettier-ignore
    for (let k = 0; k < f; k++) {
      const x0 = x[a0 + k]!;
      const x1 = x[a1 + k]!;
      const y0 = x[b0 + k]!;
      const y1 = x[b1 + k]!;
      const y2 = x[b2 + k]!;
      const y3 = x[b3 + k]!;
      s00 += x0 * y0;
      s01 += x0 * y1;
      s02 += x0 * y2;
      s03 += x0 * y3;
      s10 += x1 * y0;
      s11 += x1 * y1;
      s12 += x1 * y2;
      s13 += x1 * y3;
    }
    gram.set([s00, s01, s02, s03], row * n + j);
    gram.set([s10, s11, s12, s13], (row + 1) * n + j);
  }
}

function multiplyRagged(
  x: Float64Array,
  f: number,
  n: number,
  i: number,
  j: number,
  gram: Float64Array,
): void {
  for (let row = i; row < n; row++) {
    for (let column = j; column < Math.min(j + TILE, row + 1); column++) {
      let sum = 0;
      for (let k = 0; k < f; k++) sum += x[row * f + k]! * x[column * f + k]!;
      gram[row * n + column] = sum;
    }
  }
}
