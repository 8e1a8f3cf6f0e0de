/** The answer that a trace follows: the model's own best next token, or the first token of a text that is given. */
import { softmax } from "../gpu/ops";
import { dispose, read, tidy, type Tensor } from "../gpu/tensor";
import type { TokenChoice } from "../domain/model";
import type { TraceRequest, TraceWarning } from "../domain/trace";
import { AppError } from "../lib/errors";
import { assertFiniteAnswer } from "../lib/finite";
import { unembed } from "../model/forward";
import type { Model } from "../model/model";

/** The `count` likeliest tokens after a residual row [1, d] of the last position. */
export async function likeliestNext(model: Model, row: Tensor, count: number): Promise<TokenChoice[]> {
  const probabilities = tidy(() => softmax(unembed(model, row)));
  const values = await read(probabilities);
  dispose(probabilities);
  assertFiniteAnswer(values);
  return bestOf(values, count).map((id) => ({
    id,
    text: model.tokenizer.tokenText(id),
    logprob: Math.log(values[id]!),
  }));
}

/** Indices of the `count` largest values, largest first, ties by index. */
export function bestOf(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && values[i]! <= values[best.at(-1)!]!) continue;
    const at = best.findIndex((other) => values[i]! > values[other]!);
    best.splice(at < 0 ? best.length : at, 0, i);
    best.length = Math.min(best.length, count);
  }
  return best;
}

/**
 * The token to score after `prompt`. A given answer is tokenised in its place, behind a space unless it or the prompt
 * has one, so that its first token is the one the model would write.
 */
export function answerToken(
  model: Model,
  request: TraceRequest,
  best: { id: number; text: string },
): { id: number; text: string } {
  const { prompt, answer } = request;
  const { tokenizer } = model;
  if (answer === undefined) return { id: best.id, text: best.text };
  const continuation = /^\s/.test(answer) || /\s$/.test(prompt) ? answer : ` ${answer}`;
  const before = tokenizer.encode(prompt).ids;
  const whole = tokenizer.encode(prompt + continuation).ids;
  const joins = before.every((id, i) => whole[i] === id);
  const id = joins ? whole[before.length] : tokenizer.encode(continuation, { specials: false }).ids[0];
  if (id === undefined)
    throw new AppError("bad-request", "The answer is empty.", "Write one or leave it out.");
  return { id, text: tokenizer.tokenText(id) };
}

/** Share of the clean probability that the noise must take away to count as having an effect. */
const SMALLEST_EFFECT = 0.05;

/** What may make a trace say less than it seems to. */
export function traceWarnings(
  { prompt }: TraceRequest,
  {
    answer,
    best,
    clean,
    corrupted,
  }: { answer: { id: number; text: string }; best: TokenChoice; clean: number; corrupted: number },
): TraceWarning[] {
  const warnings: TraceWarning[] = [];
  if (!/[\p{L}\p{N}]/u.test(answer.text)) warnings.push("answer-is-punctuation");
  if (/\s$/u.test(prompt)) warnings.push("trailing-space");
  if (clean - corrupted < SMALLEST_EFFECT * clean) warnings.push("noise-changes-nothing");
  if (answer.id !== best.id) warnings.push("answer-not-likeliest");
  return warnings;
}
