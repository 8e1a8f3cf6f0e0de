/**
 * A sentence's vector from the model's own states, where there is no sentence encoder: the residual stream of the middle
 * block, on the untouched weights, so that edits do not change what they are found by. At a question's last token it tells
 * how is asked (there the relation is; measured in docs/methods.md); a text as a whole is the mean over its tokens.
 */
import type { Model } from "../../model/model";
import { readPlaces } from "../siteValues";
import type { SentenceEncoder } from "../../domain/encoder";

export type Pooling = "last" | "mean";

export function ownStates(model: Model, pooling: Pooling = "last"): SentenceEncoder {
  const layer = Math.floor(model.config.layers / 2);
  return {
    name: `own states of block ${layer}${pooling === "mean" ? ", mean" : ""}`,
    needsCentre: true,
    embed: (texts, signal) => model.weights.onBase(() => readStates(model, layer, pooling, texts, signal)),
  };
}

async function readStates(
  model: Model,
  layer: number,
  pooling: Pooling,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const limit = model.config.contextLength;
  const placed = texts.map((text) => {
    const { ids } = model.tokenizer.encode(text.trimEnd());
    // Of a long text its end: that is where the question stands. An empty text is a token all the same.
    const kept =
      ids.length === 0 ? Int32Array.of(0) : Int32Array.from(ids.slice(Math.max(0, ids.length - limit)));
    const places = pooling === "last" ? [kept.length - 1] : Array.from(kept, (_, at) => at);
    return { ids: kept, places };
  });
  const [rows] = await readPlaces(model, [{ layer, site: "resid" }], placed, signal);
  let at = 0;
  return placed.map(({ places }) => meanOf(rows!.slice(at, (at += places.length))));
}

function meanOf(rows: readonly Float64Array[]): Float32Array {
  const sum = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let i = 0; i < sum.length; i++) sum[i]! += row[i]!;
  return Float32Array.from(sum, (value) => value / rows.length);
}
