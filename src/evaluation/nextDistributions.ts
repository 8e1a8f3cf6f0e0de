/**
 * Whole next-token distributions at a list of prompts, and how far two sets of them lie apart. The same pass also gives
 * the probability of each prompt's answer.
 */
import { answerIds, withoutEndTokens } from "../editing/factToken";
import { flatRow, rightPadded } from "../editing/rightPadded";
import { dispose, read } from "../gpu/tensor";
import { assertFiniteAnswer } from "../lib/finite";
import { forwardWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import { logSumExp } from "../model/tokenChoices";
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
    found.push(...(await batch(model, questions.slice(first, first + BATCH), signal)));
  }
  return found;
}

async function batch(
  model: Model,
  questions: readonly AnswerQuestion[],
  signal: AbortSignal | undefined,
): Promise<NextDistribution[]> {
  const rows = questions.map(({ prompt, answer }) => {
    const before = withoutEndTokens(model.tokenizer, prompt).ids;
    const answerTokens = answerIds(model.tokenizer, answer);
    return { answerTokens, start: before.length - 1, ids: [...before, ...answerTokens.subarray(0, -1)] };
  });
  const tokens = rightPadded(rows.map(({ ids }) => ids));
  const places = rows.flatMap(({ start, answerTokens }, row) =>
    Array.from(answerTokens, (_, t) => flatRow(tokens, row, start + t)),
  );
  const { residual, logits } = await forwardWithPauses(model, tokens, {
    logitsAt: Int32Array.from(places),
    signal,
  });
  dispose(residual);
  const values = await read(logits!);
  dispose(logits);
  assertFiniteAnswer(values);
  const width = values.length / places.length;
  let at = 0;
  return rows.map(({ answerTokens }) => {
    const start = at;
    at += answerTokens.length;
    const rowOf = (t: number): Float32Array => values.subarray((start + t) * width, (start + t + 1) * width);
    const logprob = answerTokens.reduce((sum, id, t) => sum + rowOf(t)[id]! - logSumExp(rowOf(t)), 0);
    const own = rowOf(0);
    const normaliser = logSumExp(own);
    return { p: Math.exp(logprob), logprobs: Float32Array.from(own, (value) => value - normaliser) };
  });
}

/** KL(base ‖ now) = Σ p₀ (log p₀ − log p) over the vocabulary, in nats. */
export function divergence(base: Float32Array, now: Float32Array): number {
  let sum = 0;
  for (let id = 0; id < base.length; id++) sum += Math.exp(base[id]!) * (base[id]! - now[id]!);
  return Math.max(0, sum);
}
