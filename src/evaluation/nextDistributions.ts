/**
 * Whole next-token distributions at a list of prompts, and how far two sets of them lie apart. The same pass also gives
 * the probability of each prompt's answer.
 */
import type { Model } from "../model/model";
import { logSumExp } from "../model/tokenChoices";
import { judgeAnswers, type AnswerQuestion } from "./answerLogits";

export type NextDistribution = {
  /** Product over the answer's tokens. */
  p: number;
  /** log p of every token after the prompt [V]. */
  logprobs: Float32Array<ArrayBuffer>;
};

/**
 * One per question, in order, as the model in use answers with all that stands around it.
 * Throws `prompt-too-long`, `not-finite`, `cancelled`.
 */
export const nextDistributions = (
  model: Model,
  questions: readonly AnswerQuestion[],
  signal?: AbortSignal,
): Promise<NextDistribution[]> => judgeAnswers(model, questions, nextDistribution, signal);

/** Read from an answer's logits [answer tokens, V]. */
function nextDistribution(answerTokens: Int32Array, logits: Float32Array): NextDistribution {
  const width = logits.length / answerTokens.length;
  const rowOf = (t: number): Float32Array => logits.subarray(t * width, (t + 1) * width);
  const logprob = answerTokens.reduce((sum, id, t) => sum + rowOf(t)[id]! - logSumExp(rowOf(t)), 0);
  const own = rowOf(0);
  const normaliser = logSumExp(own);
  return { p: Math.exp(logprob), logprobs: Float32Array.from(own, (value) => value - normaliser) };
}

/** KL(base ‖ now) = Σ p₀ (log p₀ − log p) over the vocabulary, in nats. */
export function divergence(base: Float32Array, now: Float32Array): number {
  let sum = 0;
  for (let id = 0; id < base.length; id++) sum += Math.exp(base[id]!) * (base[id]! - now[id]!);
  return Math.max(0, sum);
}
