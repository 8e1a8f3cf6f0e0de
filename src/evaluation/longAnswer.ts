/** A long answer under a model: how likely it is token by token, and what the model writes by itself when asked. */
import type { LongText } from "../editing/longTexts";
import { dispose, read } from "../gpu/tensor";
import { assertFiniteAnswer } from "../lib/finite";
import { continueTokens } from "../model/continueTokens";
import { forwardWithPauses, oneRow } from "../model/forward";
import type { Model } from "../model/model";
import { createSampler } from "../model/sampling";
import { addedText } from "../model/textStream";
import { answerLikelihood } from "./metrics/answerScores";
import { textSimilarity, type TextSimilarity } from "./metrics/textSimilarity";

export type LongAnswerMeasures = {
  /** Mean −log p per token, teacher-forced. */
  nll: number;
  /** Share of tokens that are the likeliest at their places. */
  argmax: number;
  /** Greedy text against the answer. */
  similarity: TextSimilarity;
  /** First token at which greedy text leaves the answer; the answer's length where it never does. */
  divergence: number;
  greedy: string;
};

/** How many tokens greedy text may be longer than the answer. */
const SLACK = 12;

/** Throws `prompt-too-long`, `not-finite`, `cancelled`. */
export async function measureLongAnswer(
  model: Model,
  text: LongText,
  signal?: AbortSignal,
): Promise<LongAnswerMeasures> {
  const { nll, hits } = await teacherForced(model, text, signal);
  const ids = await greedyIds(model, text.question, text.answer.length + SLACK, signal);
  const greedy = writtenText(model, text.question, ids);
  const first = text.answer.findIndex((id, at) => ids[at] !== id);
  return {
    nll,
    argmax: hits.filter(Boolean).length / hits.length,
    similarity: textSimilarity(text.answerText.trim(), greedy),
    divergence: first < 0 ? text.answer.length : first,
    greedy,
  };
}

async function teacherForced(model: Model, { question, answer }: LongText, signal: AbortSignal | undefined) {
  const ids = [...question, ...answer.subarray(0, -1)];
  const logitsAt = Int32Array.from(answer, (_, t) => question.length - 1 + t);
  const { residual, logits } = await forwardWithPauses(model, oneRow(ids), { logitsAt, signal });
  dispose(residual);
  const values = assertFiniteAnswer(await read(logits!));
  dispose(logits);
  return answerLikelihood(values, answer);
}

/** At most `most` tokens after the question, up to and with the end token. */
export async function greedyIds(
  model: Model,
  question: Int32Array,
  most: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const ends = new Set([...model.config.endIds, ...model.tokenizer.eosIds]);
  const limit = Math.min(most, model.config.contextLength - question.length);
  const ids: number[] = [];
  const sampler = createSampler({ temperature: 0, seed: 1 });
  for await (const { ids: next } of continueTokens(model, oneRow(question), { sampler, signal })) {
    ids.push(next[0]!);
    if (ends.has(next[0]!) || ids.length >= limit) break;
  }
  return ids;
}

/** What these tokens add to the question's text, without special tokens and outer spaces. */
export const writtenText = (model: Model, question: Int32Array, ids: readonly number[]): string =>
  (addedText(model.tokenizer, question, ids) ?? model.tokenizer.decode(ids, { skipSpecials: true })).trim();
