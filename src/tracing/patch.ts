/** Putting stored vectors in the place of single positions of an activation [batch, positions, width]. */
import { concat, gatherRows, reshape } from "../gpu/ops";
import { tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";

/**
 * x with position `position` of row b replaced by row `source(b)` of `vectors` [n, width]; rows for which `source` gives
 * undefined stay as they are. Values are copied, never computed with.
 */
export function replacePosition(
  x: Tensor,
  position: number,
  vectors: Tensor,
  source: (row: number) => number | undefined,
): Tensor {
  const [batch, positions, width] = x.shape as [number, number, number];
  invariant(position >= 0 && position < positions, `position ${position} is one of ${positions}`);
  const rows = Int32Array.from({ length: batch * positions }, (_, row) => row);
  for (let row = 0; row < batch; row++) {
    const from = source(row);
    if (from !== undefined) rows[row * positions + position] = batch * positions + from;
  }
  return tidy(() => {
    const all = concat([reshape(x, [batch * positions, width]), vectors], 0);
    return reshape(gatherRows(all, rows), [batch, positions, width]);
  });
}
