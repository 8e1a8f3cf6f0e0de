/** Logits read from the backend as what people look at: likely tokens, log-probabilities, ranks. */
import type { TokenChoice } from "../domain/model";
import type { Tokenizer } from "./tokenizer/tokenizer";

/** log Σ exp(x), in float64 and without overflow. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, values[index]!);
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += Math.exp(values[index]! - largest);
  return largest + Math.log(sum);
}

/** The `count` likeliest tokens of logits [V], best first. */
export function likeliestTokens(tokenizer: Tokenizer, logits: Float32Array, count: number): TokenChoice[] {
  const normaliser = logSumExp(logits);
  return largestIndices(logits, count).map((id) => ({
    id,
    text: tokenizer.tokenText(id),
    logprob: logits[id]! - normaliser,
  }));
}

/** One token's log-probability under logits [V], and how many tokens are likelier, plus one. */
export function scoreOfToken(logits: Float32Array, id: number): { logprob: number; rank: number } {
  const own = logits[id]!;
  let rank = 1;
  for (const logit of logits) if (logit > own) rank += 1;
  return { logprob: own - logSumExp(logits), rank };
}

/** Indices of the largest values, best first, ties by index: one pass with a short sorted list. */
export function largestIndices(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let index = 0; index < values.length; index++) {
    if (best.length === count && !(values[index]! > values[best[count - 1]!]!)) continue;
    let place = best.length;
    while (place > 0 && values[index]! > values[best[place - 1]!]!) place -= 1;
    best.splice(place, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}
