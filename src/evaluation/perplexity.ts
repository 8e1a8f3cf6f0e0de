/**
 * Perplexity: how surprised a model is by text (algorithms.md 19.1). The formula in its two forms, and the measurement
 * of texts that a model should still read as before an edit. Which texts those are is `heldTexts.ts`.
 */
import { rightPadded, flatRow } from "../editing/rightPadded";
import { dispose, read } from "../gpu/tensor";
import { AppError } from "../lib/errors";
import { assertFiniteAnswer } from "../lib/finite";
import { forwardWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import { logSumExp } from "../model/tokenChoices";

/** exp(−Σ log p / `divisor`); `logprobs` are those of all tokens that have one before them. */
export function perplexityOf(logprobs: readonly number[], divisor: number = logprobs.length): number {
  return Math.exp(-logprobs.reduce((sum, logprob) => sum + logprob, 0) / divisor);
}

/** As the published code has it: divided by all T tokens, the first one, which nothing predicts, included. */
export const publishedPerplexity = (logprobs: readonly number[]): number =>
  perplexityOf(logprobs, logprobs.length + 1);

export type TextPerplexity = {
  /** exp of the mean −log p of all predicted tokens of all texts together. */
  perplexity: number;
  /** Predicted tokens, and texts they are of. */
  tokens: number;
  texts: number;
};

/** Texts run together, and their rows of logits together at most (memory: rows · V floats). */
const BATCH = 8;

/**
 * One number for all `texts`, each cut to `longest` tokens (the model's context at most); texts of one token say
 * nothing and are left out. Throws AppError `bad-request` when nothing is left, `not-finite`, `cancelled`.
 */
export async function textPerplexity(
  model: Model,
  texts: readonly string[],
  { signal, longest = 100 }: { signal?: AbortSignal | undefined; longest?: number } = {},
): Promise<TextPerplexity> {
  const most = Math.min(longest, model.config.contextLength);
  const rows = texts
    .map((text) => model.tokenizer.encode(text).ids.subarray(0, most))
    .filter(({ length }) => length > 1)
    .sort((one, other) => one.length - other.length);
  if (rows.length === 0) {
    throw new AppError("bad-request", "There is no text to measure perplexity on.", "Give some sentences.");
  }
  const logprobs: number[] = [];
  for (let first = 0; first < rows.length; first += BATCH) {
    logprobs.push(...(await batchLogprobs(model, rows.slice(first, first + BATCH), signal)));
  }
  return { perplexity: perplexityOf(logprobs), tokens: logprobs.length, texts: rows.length };
}

/** log p of every token but each row's first, row after row. */
async function batchLogprobs(
  model: Model,
  rows: readonly Int32Array[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const tokens = rightPadded(rows);
  const wanted = rows.flatMap((ids, row) =>
    Array.from(ids.subarray(1), (id, t) => ({ id, place: flatRow(tokens, row, t) })),
  );
  const logitsAt = Int32Array.from(wanted, ({ place }) => place);
  const { residual, logits } = await forwardWithPauses(model, tokens, { logitsAt, signal });
  dispose(residual);
  const values = await read(logits!);
  dispose(logits);
  assertFiniteAnswer(values);
  const width = values.length / wanted.length;
  return wanted.map(({ id }, at) => {
    const own = values.subarray(at * width, (at + 1) * width);
    return own[id]! - logSumExp(own);
  });
}
