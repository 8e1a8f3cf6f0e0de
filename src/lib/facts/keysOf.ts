/** Which key each fact of a comparison has: facts that begin alike up to the subject's end have one between them. Pure. */
import type { SuperpositionResult } from "../../domain/superposition";

/** By place in the matrices: the place of the first fact with the same key. */
export function keysOf({ kept, sameKeys }: Pick<SuperpositionResult, "kept" | "sameKeys">): Int32Array {
  const place = new Map(kept.map((index, at) => [index, at]));
  const keyOf = Int32Array.from(kept, (_, at) => at);
  for (const { index, of } of sameKeys) keyOf[place.get(index)!] = place.get(of)!;
  return keyOf;
}
