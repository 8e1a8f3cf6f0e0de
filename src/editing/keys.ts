/**
 * Keys and outputs of an MLP's output projection at chosen tokens (ROME section 3.1; algorithms.md 2.3): k [f] is the
 * projection's input, m [d] its output, both with the weights in use.
 */
import { gatherRows, reshape } from "../gpu/ops";
import { dispose, read, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import { embed, runBlocksWithPauses } from "../model/forward";
import { collect, type Site } from "../model/hooks";
import type { Model } from "../model/model";
import type { LocatedText } from "./factToken";
import { flatRow, rightPadded } from "./rightPadded";
import type { KeyAndOutput } from "./updateRules";

/** One pair per text, at its lookup position. Runs blocks 0 … layer over the texts up to that position. */
export async function collectKeys(
  model: Model,
  layer: number,
  texts: readonly LocatedText[],
  signal?: AbortSignal,
): Promise<KeyAndOutput[]> {
  const tokens = rightPadded(texts.map(({ ids, lookup }) => ids.subarray(0, lookup + 1)));
  const rows = texts.map(({ lookup }, row) => flatRow(tokens, row, lookup));
  const keySite: Site = `blocks.${layer}.mlpKey`;
  const outputSite: Site = `blocks.${layer}.mlpRaw`;
  const { hook, found } = collect([keySite, outputSite]);
  const embedded = embed(model, tokens);
  try {
    dispose(await runBlocksWithPauses(model, 0, embedded, { toLayer: layer + 1, at: hook, signal }));
    const keys = await readRows(found.get(keySite), rows);
    const outputs = await readRows(found.get(outputSite), rows);
    return keys.map((key, row) => ({ key, output: outputs[row]! }));
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

/** The mean pair: mean of the keys, mean of the outputs. */
export function meanKey(pairs: readonly KeyAndOutput[]): KeyAndOutput {
  return { key: mean(pairs.map(({ key }) => key)), output: mean(pairs.map(({ output }) => output)) };
}

function mean(vectors: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  return sum.map((value) => value / vectors.length);
}
