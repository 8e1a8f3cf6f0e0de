/** The Gram matrix of many rows, in steps. Products of a few columns with each other are lowRank.ts's own. */
import { subtractRowProducts } from "./rowProducts";
import type { Steps } from "./steps";

/** Rows of the result made between two pauses. */
const ROWS_AT_ONCE = 64;

/** G [n, n] with G[i][j] = rows i · j of X [n, width]; exactly symmetric. */
export function* gramSteps(x: Float64Array, width: number): Steps<Float64Array<ArrayBuffer>> {
  const n = x.length / width;
  const gram = new Float64Array(n * n);
  const all = { values: x, from: 0, stride: width };
  for (let first = 0; first < n; first += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, n - first);
    const strip = { values: gram, from: first * n, stride: n };
    subtractRowProducts(strip, { ...all, from: first * width }, all, count, first + count, width);
    yield;
  }
  mirrorNegative(gram, n);
  return gram;
}

/** What lies below the diagonal with its sign turned, above it as well. */
function mirrorNegative(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = -matrix[i * n + j]!;
      matrix[i * n + j] = value;
      matrix[j * n + i] = value;
    }
  }
}
