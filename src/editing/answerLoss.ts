/**
 * The loss that fine-tuning goes down (algorithms.md 10 and 11): the answer's cross-entropy after its prompt, from a
 * block's input on. What is trained is put behind the model's maps by the caller.
 */
import type { EditRequest } from "../domain/edit";
import { crossEntropy, gatherRows, mean, reshape } from "../gpu/ops";
import { dispose, tidy, type Tensor } from "../gpu/tensor";
import { embed, oneRow, runBlocks, runBlocksWithPauses, unembed } from "../model/forward";
import type { Model } from "../model/model";
import { answerIds, withoutEndTokens } from "./factToken";
import { runPadded, runPaddedWithPauses } from "./paddedRun";

/** A text with places and the tokens to be predicted there. From `textLength` on its ids are padding. */
export type ScoredText = {
  ids: Int32Array;
  places: readonly number[];
  labels: Int32Array;
  textLength?: number;
};

/** FT-M, LoRA: prompt and answer, every answer token predicted at its own place. */
export function teacherForced({ tokenizer }: Model, { prompt, subject, targetNew }: EditRequest): ScoredText {
  const before = withoutEndTokens(
    tokenizer,
    prompt.replace("{}", () => subject),
  ).ids;
  const labels = answerIds(tokenizer, targetNew);
  return {
    ids: Int32Array.from([...before, ...labels.subarray(0, -1)]),
    places: Array.from(labels, (_, t) => before.length - 1 + t),
    labels,
  };
}

/** FT-L: the prompt alone, all answer tokens scored at its last place. */
export function scoredAtTheEnd(
  { tokenizer }: Model,
  { prompt, subject, targetNew }: EditRequest,
  withSpecials: boolean,
): ScoredText {
  const ids = withoutEndTokens(
    tokenizer,
    prompt.replace("{}", () => subject),
  ).ids;
  const answer = answerIds(tokenizer, targetNew);
  const specials = withSpecials ? ids.subarray(0, tokenizer.leadingSpecials) : [];
  const labels = Int32Array.from([...specials, ...answer]);
  return { ids, places: Array.from(labels, () => ids.length - 1), labels };
}

/** A text's residual before block `layer`, [1, S, d]; nothing that is trained lies below. The caller disposes it. */
export async function residualBefore(
  model: Model,
  { ids, textLength }: ScoredText,
  layer: number,
  signal?: AbortSignal,
): Promise<Tensor> {
  const embedded = embed(model, oneRow(ids));
  const options = { toLayer: layer, signal };
  const below = textLength === undefined ? runBlocksWithPauses(model, 0, embedded, options) : runPaddedWithPauses(model, 0, embedded, textLength, options); // prettier-ignore
  return below.finally(() => dispose(embedded));
}

/** Mean negative log-likelihood of the labels, a scalar; differentiable in what stands behind the maps. */
export function answerLoss(
  model: Model,
  { places, labels, textLength }: ScoredText,
  residual: Tensor,
  layer: number,
): Tensor {
  return tidy(() => {
    const last = textLength === undefined ? runBlocks(model, layer, residual) : runPadded(model, layer, residual, textLength); // prettier-ignore
    const rows = gatherRows(reshape(last, [-1, model.config.residualWidth]), places);
    return mean(crossEntropy(unembed(model, rows), labels));
  });
}
