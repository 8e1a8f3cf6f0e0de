/** A long answer under a model: how likely it is token by token, and what the model writes instead when asked. */
import type { LongText } from "../../../src/editing/longTexts";
import { answerLikelihood } from "../../../src/evaluation/metrics/answerScores";
import { textSimilarity } from "../../../src/evaluation/metrics/textSimilarity";
import { dispose, read } from "../../../src/gpu/tensor";
import { continueTokens } from "../../../src/model/continueTokens";
import { forward, oneRow } from "../../../src/model/forward";
import type { Model } from "../../../src/model/model";
import { createSampler } from "../../../src/model/sampling";
import { addedText } from "../../../src/model/textStream";

export type TextMeasures = {
  /** Mean −log p per token, teacher-forced. */
  nll: number;
  /** Share of tokens that are the likeliest at their places. */
  argmax: number;
  /** Greedy text against the answer: character BLEU, ROUGE-L recall and F. */
  bleu: number;
  rougeL: number;
  /** First token at which greedy text leaves the answer; the answer's length if it never does. */
  divergence: number;
  greedy: string;
};

/** How many tokens greedy text may be longer than the answer. */
const SLACK = 12;

export async function measureText(model: Model, text: LongText): Promise<TextMeasures> {
  const { nll, hits } = await teacherForced(model, text);
  const ids = await greedyIds(model, text);
  const wanted = text.answerText.trim();
  const greedy = (
    addedText(model.tokenizer, text.question, ids) ?? model.tokenizer.decode(ids, { skipSpecials: true })
  ).trim();
  const { bleu, rougeL = 0 } = textSimilarity(wanted, greedy);
  const first = text.answer.findIndex((id, at) => ids[at] !== id);
  return {
    nll,
    argmax: hits.filter(Boolean).length / hits.length,
    bleu,
    rougeL,
    divergence: first < 0 ? text.answer.length : first,
    greedy,
  };
}

async function teacherForced(model: Model, { question, answer }: LongText) {
  const ids = [...question, ...answer.subarray(0, -1)];
  const logitsAt = Int32Array.from(answer, (_, t) => question.length - 1 + t);
  const { residual, logits } = forward(model, oneRow(ids), { logitsAt });
  const values = await read(logits!);
  dispose(residual, logits);
  return answerLikelihood(values, answer);
}

/** Up to and with the end token. */
async function greedyIds(model: Model, { question, answer }: LongText): Promise<number[]> {
  const ends = new Set([...model.config.endIds, ...model.tokenizer.eosIds]);
  const most = Math.min(answer.length + SLACK, model.config.contextLength - question.length);
  const ids: number[] = [];
  const sampler = createSampler({ temperature: 0, seed: 1 });
  for await (const step of continueTokens(model, oneRow(question), { sampler })) {
    ids.push(step.ids[0]!);
    if (ends.has(step.ids[0]!) || ids.length >= most) break;
  }
  return ids;
}
