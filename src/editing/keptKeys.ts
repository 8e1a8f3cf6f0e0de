/** Keys of written facts, carried from edit to edit (AlphaEdit's K_p, MEMIT_seq's cache; algorithms.md 4.5, 7.3). */
import type { KeptKeys } from "../domain/edit";

/** Keys that edits below have written at this layer. */
export function earlierKeys(keptKeys: readonly KeptKeys[], layer: number): Float64Array[] {
  return keptKeys
    .filter((kept) => kept.layer === layer)
    .flatMap(({ count, width, values }) =>
      Array.from({ length: count }, (_, row) =>
        Float64Array.from(values.subarray(row * width, (row + 1) * width)),
      ),
    );
}

/** The written keys with everything in place: what a later edit should leave alone. */
export async function keepKeys(
  layers: readonly number[],
  keysAt: (layer: number) => Promise<Float64Array[]>,
): Promise<KeptKeys[]> {
  const kept: KeptKeys[] = [];
  for (const layer of layers) kept.push(keptAt(layer, await keysAt(layer)));
  return kept;
}

/** A layer's keys as an edit keeps them. */
export function keptAt(layer: number, keys: readonly Float64Array[]): KeptKeys {
  const width = keys[0]!.length;
  const values = new Float32Array(keys.length * width);
  keys.forEach((key, row) => values.set(key, row * width));
  return { layer, count: keys.length, width, values };
}
