/** How far an edit has moved next-token distributions: mean KL over chosen places. Pure. */
import { logSumExp } from "../../model/tokenChoices";

/** KL(before ‖ after) in nats of two rows of logits [V]. */
export function divergence(before: Float32Array, after: Float32Array): number {
  const [beforeSum, afterSum] = [logSumExp(before), logSumExp(after)];
  let sum = 0;
  for (let id = 0; id < before.length; id++) {
    const logprob = before[id]! - beforeSum;
    sum += Math.exp(logprob) * (logprob - (after[id]! - afterSum));
  }
  return sum;
}

/** Mean over the rows of flat logits [rows, V] that `mask` chooses; NaN when it chooses none. */
export function meanDivergence(before: Float32Array, after: Float32Array, mask: ArrayLike<number>): number {
  const width = before.length / mask.length;
  let [sum, count] = [0, 0];
  for (let row = 0; row < mask.length; row++) {
    if (!mask[row]) continue;
    const [from, to] = [row * width, (row + 1) * width];
    sum += divergence(before.subarray(from, to), after.subarray(from, to));
    count += 1;
  }
  return sum / count;
}
