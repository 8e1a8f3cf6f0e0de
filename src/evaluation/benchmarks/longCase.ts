/**
 * A case with a long answer, judged by what the model writes (UnKEBench, EditEverything, AKEW; algorithms.md 19.4): the
 * question, its paraphrase and the sub-questions, each answered greedily, beside the teacher-forced likelihood.
 */
import type { BenchmarkCase, CaseMeasures } from "../../domain/benchmark";
import { longText, type LongTextOptions } from "../../editing/longTexts";
import { withoutEndTokens } from "../../editing/factToken";
import { chatPrompt } from "../../model/chat";
import type { Model } from "../../model/model";
import { greedyIds, measureLongAnswer, writtenText } from "../longAnswer";
import { meanSimilarity, textSimilarity, type TextSimilarity } from "../metrics/textSimilarity";

/** Sub-questions have short answers. */
const SUB_TOKENS = 48;

export type LongSide = { measures: CaseMeasures; texts: { prompt: string; text: string }[] };

/** Throws `prompt-too-long`, `cancelled`. */
export async function measureLong(
  model: Model,
  { request, portability }: BenchmarkCase,
  options: LongTextOptions,
  signal?: AbortSignal,
): Promise<LongSide> {
  const { nll, argmax, similarity, divergence, greedy } = await measureLongAnswer(model, longText(model, request, options), signal); // prettier-ignore
  const texts = [{ prompt: request.subject, text: greedy }];
  const write = async (prompt: string, most: number): Promise<string> => {
    const question = questionIds(model, prompt, options.chat);
    const text = writtenText(model, question, await greedyIds(model, question, most, signal));
    texts.push({ prompt, text });
    return text;
  };
  const most = model.tokenizer.encode(request.targetNew, { specials: false }).ids.length + 12;
  const paraphrases: TextSimilarity[] = [];
  for (const prompt of request.paraphrases) paraphrases.push(textSimilarity(request.targetNew, await write(prompt, most))); // prettier-ignore
  const measures: CaseMeasures = { nll, argmax, divergence, ...named("original", similarity) };
  if (paraphrases.length > 0) Object.assign(measures, named("paraphrase", meanSimilarity(paraphrases)));
  for (const { kind, questions } of portability) {
    const scores: TextSimilarity[] = [];
    for (const { prompt, answer } of questions) scores.push(textSimilarity(answer, await write(prompt, SUB_TOKENS))); // prettier-ignore
    Object.assign(measures, named(`portability.${kind}`, meanSimilarity(scores)));
  }
  return { measures, texts };
}

function questionIds(model: Model, prompt: string, chat: boolean): Int32Array {
  const { tokenizer } = model;
  return chat
    ? tokenizer.encode(chatPrompt(tokenizer, prompt), { specials: false }).ids
    : withoutEndTokens(tokenizer, prompt).ids;
}

/** Measures that are there, under `name_bleu`, `name_rouge1` and so on. */
const named = (name: string, similarity: TextSimilarity): CaseMeasures =>
  Object.fromEntries(
    Object.entries(similarity)
      .filter(([, value]) => !Number.isNaN(value))
      .map(([measure, value]) => [`${name}_${measure}`, value]),
  );
