/** The pairs of facts that disturb each other most. */
import type { FactPair } from "../domain/superposition";

type Matrices = { interference: Float64Array; whiteningCosine: Float64Array; activationCosine: Float64Array };

/**
 * At most `most` pairs i ≠ j by falling |p|; equal ones in the order of their facts. `keyOf`: which key each fact has;
 * with it, pairs of one key are passed over.
 */
export function strongestPairs(matrices: Matrices, n: number, most: number, keyOf?: Int32Array): FactPair[] {
  const { interference, whiteningCosine, activationCosine } = matrices;
  const best: { at: number; size: number }[] = [];
  for (let at = 0; at < interference.length && most > 0; at++) {
    if (at % (n + 1) === 0) continue;
    const size = Math.abs(interference[at]!);
    if (best.length === most && size <= best.at(-1)!.size) continue;
    if (keyOf && keyOf[Math.floor(at / n)] === keyOf[at % n]) continue;
    if (best.length === most) best.pop();
    let place = best.length;
    while (place > 0 && best[place - 1]!.size < size) place--;
    best.splice(place, 0, { at, size });
  }
  return best.map(({ at }) => ({
    i: Math.floor(at / n),
    j: at % n,
    p: interference[at]!,
    whiteningCosine: whiteningCosine[at]!,
    activationCosine: activationCosine[at]!,
  }));
}
