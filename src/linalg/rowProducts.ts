/**
 * The inner loop of blocked float64 algebra: T[i, j] −= A[i] · B[j] over rows that lie contiguously. Through WebAssembly where
 * there is enough to do and the engine has it, else in plain tiles; both give the same bits.
 */
import { subtractWithTiles, type Rows } from "./rowProductTiles";
import { productKernels, subtractWithKernels } from "./wasm/productKernel";

/** Products from which on copying to the kernels' memory pays. */
const ENOUGH = 16384;

/** A Bᵀ [m, n] for A [m, depth] and B [n, depth]. */
export function productOfRows(
  a: Float64Array,
  b: Float64Array,
  m: number,
  n: number,
  depth: number,
): Float64Array {
  const product = new Float64Array(m * n);
  const [left, right] = [a, b].map((values) => ({ values, from: 0, stride: depth })) as [Rows, Rows];
  subtractRowProducts({ values: product, from: 0, stride: n }, left, right, m, n, depth);
  for (let at = 0; at < product.length; at++) product[at] = -product[at]!;
  return product;
}

/** For `m` rows of A and `n` of B, each of `depth` numbers; T's rows are A's, its columns B's. */
export function subtractRowProducts(
  target: Rows,
  a: Rows,
  b: Rows,
  m: number,
  n: number,
  depth: number,
): void {
  const kernels = m * n * depth < ENOUGH ? undefined : productKernels();
  if (kernels) subtractWithKernels(kernels, target, a, b, m, n, depth);
  else subtractWithTiles(target, a, b, m, n, depth);
}
