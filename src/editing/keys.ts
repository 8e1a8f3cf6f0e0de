/**
 * Keys and outputs of an MLP's output projection at chosen tokens (ROME section 3.1; algorithms.md 2.3): k [f] is the
 * projection's input, m [d] its output, both with the weights in use.
 */
import type { Model } from "../model/model";
import type { LocatedText } from "./factToken";
import { readPlaces } from "./siteValues";
import type { KeyAndOutput } from "./updateRules";

/** One pair per text, at its lookup position. Runs blocks 0 … layer over the texts up to that position. */
export async function collectKeys(
  model: Model,
  layer: number,
  texts: readonly Pick<LocatedText, "ids" | "lookup">[],
  signal?: AbortSignal,
): Promise<KeyAndOutput[]> {
  const [keys, outputs] = await readPlaces(
    model,
    [
      { layer, site: "mlpKey" },
      { layer, site: "mlpRaw" },
    ],
    texts.map(({ ids, lookup }) => ({ ids, places: [lookup] })),
    signal,
  );
  return keys!.map((key, row) => ({ key, output: outputs![row]! }));
}

/** The mean pair: mean of the keys, mean of the outputs. */
export function meanKey(pairs: readonly KeyAndOutput[]): KeyAndOutput {
  return {
    key: meanVector(pairs.map(({ key }) => key)),
    output: meanVector(pairs.map(({ output }) => output)),
  };
}

export function meanVector(vectors: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  return sum.map((value) => value / vectors.length);
}

/** MEMIT's key of one fact: half the bare prompt's, half the mean over the other contexts' (algorithms.md 4.2 a). */
export function groupedKey([bare, ...others]: readonly Float64Array[]): Float64Array {
  return others.length === 0 ? bare! : meanVector([bare!, meanVector(others)]);
}
