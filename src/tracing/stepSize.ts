/**
 * How much is computed before the next look at the clock: a cancel must be heard within 200 ms and a GPU submission must
 * stay short, while small products waste the kernels. Both bounds are per step of a block or of the unembedding.
 */

/** Multiply-adds per step: about 60 ms on one CPU core, and nothing on a GPU. */
const PRODUCTS_PER_STEP = 2e9;
/** Values of the widest activation per step: 64 MB. */
const VALUES_PER_STEP = 16e6;

/** Rows that one step may take when each costs `products` multiply-adds and its widest activation has `width` values. */
export function rowsPerStep(products: number, width: number): number {
  return Math.max(1, Math.floor(Math.min(PRODUCTS_PER_STEP / products, VALUES_PER_STEP / width)));
}
