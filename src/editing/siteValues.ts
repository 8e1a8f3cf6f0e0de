/**
 * Activations of the model in use at chosen places of chosen texts, as float64 rows: one pass up to the highest block
 * asked for, texts of like length together. Which places, and what the rows are for, is the caller's.
 */
import { gatherRows, reshape } from "../gpu/ops";
import { dispose, read, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { embed, runBlocksWithPauses } from "../model/forward";
import { collect, type BlockSite, type Site } from "../model/hooks";
import type { Model } from "../model/model";
import { flatRow, rightPadded } from "./rightPadded";

/** A text and the positions whose activations are wanted, in this order. */
export type PlacedText = { ids: Int32Array; places: readonly number[] };

/** A block's site. */
export type BlockPlace = { layer: number; site: BlockSite };

/** Positions run together, padding included; bounds the memory of a pass. */
export const CHUNK_POSITIONS = 4096;

/**
 * For every site the rows of all texts' places, text by text. Texts are cut after their last place.
 * Throws `prompt-too-long`, `cancelled`.
 */
export async function readPlaces(
  model: Model,
  sites: readonly BlockPlace[],
  texts: readonly PlacedText[],
  signal?: AbortSignal,
): Promise<Float64Array[][]> {
  const found: Float64Array[][][] = sites.map(() => new Array<Float64Array[]>(texts.length));
  for (const chunk of chunks(texts)) {
    const rows = await readChunk(
      model,
      sites,
      chunk.map((index) => texts[index]!),
      signal,
    );
    rows.forEach((ofSite, s) => chunk.forEach((index, row) => (found[s]![index] = ofSite[row]!)));
  }
  return found.map((ofSite) => ofSite.flat());
}

const lengthOf = ({ places }: PlacedText): number => Math.max(...places) + 1;

/** Indices of texts that are run together: sorted by length, as many as fit when padded. */
function chunks(texts: readonly PlacedText[]): number[][] {
  const sorted = [...texts.keys()].sort((a, b) => lengthOf(texts[a]!) - lengthOf(texts[b]!));
  const all: number[][] = [[]];
  for (const index of sorted) {
    const last = all.at(-1)!;
    if (last.length > 0 && (last.length + 1) * lengthOf(texts[index]!) > CHUNK_POSITIONS) all.push([index]);
    else last.push(index);
  }
  return all.filter((chunk) => chunk.length > 0);
}

/** [site][text][place] rows. */
async function readChunk(
  model: Model,
  sites: readonly BlockPlace[],
  texts: readonly PlacedText[],
  signal: AbortSignal | undefined,
): Promise<Float64Array[][][]> {
  const tokens = rightPadded(texts.map((text) => text.ids.subarray(0, lengthOf(text))));
  const rows = texts.flatMap(({ places }, row) => places.map((place) => flatRow(tokens, row, place)));
  const names = sites.map(({ layer, site }): Site => `blocks.${layer}.${site}`);
  const { hook, found } = collect(names);
  const embedded = embed(model, tokens);
  try {
    const toLayer = Math.max(...sites.map(({ layer }) => layer)) + 1;
    dispose(await runBlocksWithPauses(model, 0, embedded, { toLayer, at: hook, signal }));
    const values: Float64Array[][][] = [];
    for (const name of names) values.push(byText(await readRows(found.get(name), rows), texts));
    return values;
  } finally {
    dispose(embedded, ...found.values());
  }
}

/** Rows of an activation [B, S, width] by flattened position, as float64 vectors. */
async function readRows(activation: Tensor | undefined, rows: readonly number[]): Promise<Float64Array[]> {
  invariant(activation, "the forward pass has the site");
  const width = activation.shape.at(-1)!;
  const gathered = tidy(() => gatherRows(reshape(activation, [-1, width]), rows));
  const values = await read(gathered);
  dispose(gathered);
  return rows.map((_, row) => Float64Array.from(values.subarray(row * width, (row + 1) * width)));
}

function byText(rows: readonly Float64Array[], texts: readonly PlacedText[]): Float64Array[][] {
  let at = 0;
  return texts.map(({ places }) => rows.slice(at, (at += places.length)));
}
