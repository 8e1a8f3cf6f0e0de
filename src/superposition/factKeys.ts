/**
 * The keys of a list of facts at many layers: one pass over each fact, cut after its subject's last token, in which
 * every layer's row is taken as it goes by. Facts with the same beginning are run once.
 */
import { flatRows, gatherRows } from "../gpu/ops";
import { dispose, keep, read, type Tensor } from "../gpu/tensor";
import type { LocatedText } from "../editing/factToken";
import { flatRow, rightPadded } from "../editing/rightPadded";
import { invariant } from "../lib/errors";
import { embed, runBlocksWithPauses } from "../model/forward";
import type { BlockSite, Hook, Site } from "../model/hooks";
import type { Model } from "../model/model";

/** [n, width] row-major, one row per fact, as the engine has them. */
export type FactRows = Float32Array<ArrayBuffer>;

export type RowsOptions = {
  layers: readonly number[];
  /** `mlpKey`, the projection's input, by default; `mlpRaw` is its output. */
  site?: BlockSite;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
};

/** Positions run together, padding included: bounds the memory of a pass. */
const POSITIONS = 2048;

/** Rows of every layer at the facts' own places, with the weights in use. Throws `prompt-too-long`, `cancelled`. */
export async function collectFactRows(
  model: Model,
  texts: readonly LocatedText[],
  { layers, site = "mlpKey", signal, onProgress }: RowsOptions,
): Promise<Map<number, FactRows>> {
  const { unique, source } = distinct(texts);
  const names = new Map(layers.map((layer) => [`blocks.${layer}.${site}` as Site, layer]));
  const found = new Map<number, FactRows>();
  let done = 0;
  for (const chunk of chunks(unique)) {
    const rows = await readChunk(
      model,
      chunk.map((at) => unique[at]!),
      names,
      signal,
    );
    for (const [layer, values] of rows) scatter(found, layer, values, chunk, unique.length);
    onProgress?.((done += chunk.length), unique.length);
  }
  return new Map([...found].map(([layer, rows]) => [layer, spread(rows, source, unique.length)]));
}

/** Texts by their tokens up to the key, and for every fact which of them is its own. */
function distinct(texts: readonly LocatedText[]): { unique: Int32Array[]; source: number[] } {
  const known = new Map<string, number>();
  const unique: Int32Array[] = [];
  const source = texts.map(({ ids, lookup }) => {
    const beginning = ids.subarray(0, lookup + 1);
    const name = beginning.join();
    const at = known.get(name) ?? unique.push(beginning) - 1;
    known.set(name, at);
    return at;
  });
  return { unique, source };
}

/** Sorted by length so that little is padding. */
function chunks(texts: readonly Int32Array[]): number[][] {
  const sorted = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length);
  const all: number[][] = [];
  for (const index of sorted) {
    const last = all.at(-1);
    if (last && (last.length + 1) * texts[index]!.length <= POSITIONS) last.push(index);
    else all.push([index]);
  }
  return all;
}

async function readChunk(
  model: Model,
  texts: readonly Int32Array[],
  names: ReadonlyMap<Site, number>,
  signal: AbortSignal | undefined,
): Promise<Map<number, Float32Array>> {
  const tokens = rightPadded(texts);
  const places = texts.map((ids, row) => flatRow(tokens, row, ids.length - 1));
  const taken = new Map<number, Tensor>();
  const at: Hook = (site, x) => {
    const layer = names.get(site);
    if (layer !== undefined) taken.set(layer, keep(gatherRows(flatRows(x), places)));
    return x;
  };
  const embedded = embed(model, tokens);
  try {
    const toLayer = Math.max(...names.values()) + 1;
    dispose(await runBlocksWithPauses(model, 0, embedded, { toLayer, at, signal }));
    const rows = new Map<number, Float32Array>();
    for (const [layer, tensor] of taken) rows.set(layer, Float32Array.from(await read(tensor)));
    invariant(rows.size === names.size, "the forward pass has every site asked for");
    return rows;
  } finally {
    dispose(embedded, ...taken.values());
  }
}

function scatter(
  found: Map<number, FactRows>,
  layer: number,
  values: Float32Array,
  chunk: readonly number[],
  count: number,
): void {
  const width = values.length / chunk.length;
  const rows = found.get(layer) ?? new Float32Array(count * width);
  chunk.forEach((target, row) => rows.set(values.subarray(row * width, (row + 1) * width), target * width));
  found.set(layer, rows);
}

function spread(rows: FactRows, source: readonly number[], count: number): FactRows {
  const width = rows.length / count;
  const all = new Float32Array(source.length * width);
  source.forEach((from, row) => all.set(rows.subarray(from * width, (from + 1) * width), row * width));
  return all;
}
