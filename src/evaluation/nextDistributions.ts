/**
 * Whole next-token distributions at a list of prompts, and how far two sets of them lie apart. The same pass also gives
 * the probability of each prompt's answer.
 */
import type { Model } from "../model/model";
import { logSumExp } from "../model/tokenChoices";
import { answerLogits, type AnswerLogits } from "./answerLogits";
import type { AnswerQuestion } from "./probes";

export type NextDistribution = {
  /** Product over the answer's tokens. */
  p: number;
  /** log p of every token after the prompt [V]. */
  logprobs: Float32Array<ArrayBuffer>;
};

const BATCH = 16;

/** One per question, in order. Throws `prompt-too-long`, `not-finite`, `cancelled`. */
export async function nextDistributions(
  model: Model,
  questions: readonly AnswerQuestion[],
  signal?: AbortSignal,
): Promise<NextDistribution[]> {
  const found: NextDistribution[] = [];
  for (let first = 0; first < questions.length; first += BATCH) {
    const answers = await answerLogits(model, questions.slice(first, first + BATCH), signal);
    found.push(...answers.map(nextDistribution));
  }
  return found;
}

/** Read from an answer's logits. */
function nextDistribution({ answerTokens, logits }: AnswerLogits): NextDistribution {
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
