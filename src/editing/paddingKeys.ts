/** Keys of the padding that the published code puts behind the shorter texts of a batch and takes for tokens to be kept. */
import { flatRows } from "../gpu/ops";
import { dispose, read, tidy } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { embed, oneRow } from "../model/forward";
import { collect, type Site } from "../model/hooks";
import type { Model } from "../model/model";
import { paddingId, runPaddedWithPauses } from "./paddedRun";

/** Of every text filled up to the longest: the inputs [f] of a block's MLP output projection at its padding. Throws `cancelled`. */
export async function paddingKeys(
  model: Model,
  layer: number,
  texts: readonly Int32Array[],
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const longest = Math.max(...texts.map(({ length }) => length));
  const found: Float64Array[] = [];
  for (const ids of texts)
    if (ids.length < longest) found.push(...(await keysBehind(model, layer, ids, longest, signal)));
  return found;
}

async function keysBehind(
  model: Model,
  layer: number,
  ids: Int32Array,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const padded = new Int32Array(length).fill(paddingId(model.tokenizer));
  padded.set(ids);
  const site: Site = `blocks.${layer}.mlpKey`;
  const { hook, found } = collect([site]);
  const embedded = embed(model, oneRow(padded));
  try {
    dispose(await runPaddedWithPauses(model, 0, embedded, ids.length, { toLayer: layer + 1, at: hook, signal })); // prettier-ignore
    const keys = found.get(site);
    invariant(keys, "the forward pass has the site");
    const width = keys.shape.at(-1)!;
    const rows = tidy(() => flatRows(keys));
    const values = await read(rows);
    dispose(rows);
    return Array.from({ length: length - ids.length }, (_, row) =>
      Float64Array.from(values.subarray(row * width, (row + 1) * width)),
    );
  } finally {
    dispose(embedded, ...found.values());
  }
}
