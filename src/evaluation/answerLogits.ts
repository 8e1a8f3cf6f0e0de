/** Answers teacher-forced after prompts: the logits at their tokens' places, for whatever is to be read from them. */
import { answerIds, withoutEndTokens } from "../editing/factToken";
import { flatRow, rightPadded } from "../editing/rightPadded";
import { dispose, read } from "../gpu/tensor";
import { assertFiniteAnswer } from "../lib/finite";
import { consult, reciteAnswer, type Consulted } from "../model/around";
import { forwardWithPauses } from "../model/forward";
import type { Model } from "../model/model";

export type AnswerQuestion = { prompt: string; answer: string };

/** Questions run together. */
const BATCH = 16;

/**
 * `judge` of every question, in order: the answer's ids, and their logits [answer tokens, V], flat, only lent.
 * What stands around the model (IKE, SERAC) is asked for every prompt.
 * Throws `prompt-too-long`, `not-finite`, `cancelled`.
 */
export async function judgeAnswers<Score>(
  model: Model,
  questions: readonly AnswerQuestion[],
  judge: (answer: Int32Array, logits: Float32Array) => Score,
  signal?: AbortSignal,
): Promise<Score[]> {
  const scores: Score[] = [];
  for (let first = 0; first < questions.length; first += BATCH) {
    scores.push(...(await judgeBatch(model, questions.slice(first, first + BATCH), judge, signal)));
  }
  return scores;
}

async function judgeBatch<Score>(
  model: Model,
  questions: readonly AnswerQuestion[],
  judge: (answer: Int32Array, logits: Float32Array) => Score,
  signal: AbortSignal | undefined,
): Promise<Score[]> {
  const consulted: Consulted[] = [];
  for (const { prompt } of questions) consulted.push(await consult(model, prompt, signal));
  const asked = questions.map(({ answer }, row) => ({ prompt: consulted[row]!.prompt, answer }));
  return (await answerLogits(model, asked, signal)).map(({ answerTokens, logits }, row) => {
    reciteAnswer(logits, answerTokens, consulted[row]!.recite);
    return judge(answerTokens, logits);
  });
}

/** An answer's tokens, and the logits [answer tokens, V] from which each was to be foretold, flat. */
type AnswerLogits = { answerTokens: Int32Array; logits: Float32Array };

/** Of every question by the model alone, all in one pass. Throws `prompt-too-long`, `not-finite`, `cancelled`. */
async function answerLogits(
  model: Model,
  questions: readonly AnswerQuestion[],
  signal: AbortSignal | undefined,
): Promise<AnswerLogits[]> {
  const rows = questions.map(({ prompt, answer }) => {
    const before = withoutEndTokens(model.tokenizer, prompt).ids;
    const answerTokens = answerIds(model.tokenizer, answer);
    return { start: before.length - 1, answerTokens, ids: [...before, ...answerTokens.subarray(0, -1)] };
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
    const first = at;
    at += answerTokens.length;
    return { answerTokens, logits: values.subarray(first * width, at * width) };
  });
}
