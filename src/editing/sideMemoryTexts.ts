/**
 * The texts a side memory is trained on, as one batch (WISE; algorithms.md 13.2): the fact in every context, and texts that
 * have nothing to do with it; and whose activation distances count, with which weights.
 */
import type { EditRequest } from "../domain/edit";
import { dispose, type Tensor } from "../gpu/tensor";
import { embed, runBlocksWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import { answerIds, withoutEndTokens } from "./factToken";
import { flatRow, rightPadded } from "./rightPadded";

/** `places` predict the labels; both empty in a text that is not to change. `of`: how many labels the loss is the mean over. */
export type MemoryText = { ids: Int32Array; places: readonly number[]; labels: Int32Array; of?: number };

export type MemoryBatch = {
  /** [B, S, d] before the block; nothing that is trained lies below. */
  residual: Tensor;
  /** Flattened positions that predict, the tokens they should, and what each counts in the loss. */
  places: readonly number[];
  labels: Int32Array;
  shares: Float32Array;
  /** Inputs of the map at padding, [P, in], where it is to count as in the published code. */
  padding?: Tensor;
  /** One row for each text of the fact, and for each other: what every position counts in its distance, [n, B * S + P]. */
  inside: Float32Array;
  outside: Float32Array;
};

type Counting = { routing: "token" | "text"; answerMean: "answer" | "published" };

/** Which labels count: a row's own, or those behind the longest prompt in rows that the published code has padded. */
export type LabelMask = "own" | "leftPadded" | "rightPadded";

/** Other texts are cut here. */
const MOST_TOKENS = 48;

export function memoryTexts(
  { tokenizer, config }: Model,
  { prompt, subject, targetNew }: EditRequest,
  contexts: readonly string[],
  unrelated: readonly string[],
  labelMask: LabelMask = "own",
): { edited: MemoryText[]; others: MemoryText[] } {
  const labels = answerIds(tokenizer, targetNew);
  const question = prompt.replace("{}", () => subject);
  const edited = contexts.map((context): MemoryText => {
    const before = withoutEndTokens(
      tokenizer,
      context.replace("{}", () => question),
    ).ids;
    const ids = Int32Array.from([...before, ...labels]).subarray(0, config.contextLength);
    return { ids, places: Array.from(labels, (_, t) => before.length - 1 + t), labels };
  });
  const others = unrelated.map((text): MemoryText => {
    const ids = withoutEndTokens(tokenizer, text).ids.subarray(0, MOST_TOKENS);
    return { ids, places: [], labels: new Int32Array(0) };
  });
  return { edited: labelMask === "own" ? edited : labelledBehind(edited, others, labelMask), others };
}

/**
 * The published labels begin where the longest prompt ends, in every row of the padded batch. With padding on the left a
 * longer unrelated text leaves the last tokens of prompts among them (a text's first token, which nothing predicts, aside);
 * on the right shorter rows lose the first tokens of their answers, and more by as many as their padding has beyond one.
 */
function labelledBehind(
  edited: readonly MemoryText[],
  others: readonly MemoryText[],
  labelMask: LabelMask,
): MemoryText[] {
  const length = Math.max(...[...edited, ...others].map(({ ids }) => ids.length));
  const prompt = Math.max(...edited.map(({ places }) => places[0]! + 1));
  return edited.map((text) => {
    const { ids } = text;
    const left = labelMask === "leftPadded" ? length - ids.length : 0;
    const right = labelMask === "rightPadded" ? length - Math.max(prompt, ids.length) : 0;
    const of = Math.min(ids.length, ids.length + left - prompt);
    const first = Math.max(1, prompt - left + Math.max(0, right - 1));
    // A row without any label counts for nothing.
    if (first >= ids.length) return { ...text, of: Infinity };
    return { ids, labels: ids.slice(first), places: Array.from(ids.subarray(first), (_, t) => first - 1 + t), of }; // prettier-ignore
  });
}

/** The caller disposes the residual. Throws `cancelled`. */
export async function memoryBatch(
  model: Model,
  layer: number,
  { edited, others }: { edited: readonly MemoryText[]; others: readonly MemoryText[] },
  counting: Counting,
  signal?: AbortSignal,
): Promise<MemoryBatch> {
  const texts = [...edited, ...others];
  const tokens = rightPadded(texts.map(({ ids }) => ids));
  const embedded = embed(model, tokens);
  const residual = await runBlocksWithPauses(model, 0, embedded, { toLayer: layer, signal }).finally(() =>
    dispose(embedded),
  );
  return { residual, ...whatCounts(edited, others, tokens.positions, counting) };
}

/**
 * By token it is the places that predict whose distance should be large, by text all of the text's. The published mean
 * over the answer counts one token more than it has.
 */
export function whatCounts(
  edited: readonly MemoryText[],
  others: readonly MemoryText[],
  positions: number,
  { routing, answerMean }: Counting,
): Omit<MemoryBatch, "residual"> {
  const texts = [...edited, ...others];
  const size = { positions };
  const flat = edited.map(({ places }, row) => places.map((place) => flatRow(size, row, place)));
  const extra = answerMean === "published" ? 1 : 0;
  const weights = (rows: readonly MemoryText[], first: number, byPlace: boolean): Float32Array => {
    const values = new Float32Array(rows.length * texts.length * positions);
    rows.forEach(({ ids, places }, index) => {
      const counted = byPlace ? places : Array.from(ids, (_, position) => position);
      for (const position of counted)
        values[index * texts.length * positions + flatRow(size, first + index, position)] =
          1 / counted.length;
    });
    return values;
  };
  return {
    places: flat.flat(),
    labels: Int32Array.from(edited.flatMap(({ labels }) => [...labels])),
    shares: Float32Array.from(
      edited.flatMap(({ labels, of = labels.length }) => Array.from(labels, () => 1 / ((of + extra) * edited.length))), // prettier-ignore
    ),
    inside: weights(edited, 0, routing === "token"),
    outside: weights(others, edited.length, false),
  };
}
