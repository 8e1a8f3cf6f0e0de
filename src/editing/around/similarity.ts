/** Directions of sentences: states of one model all point much the same way, so a common centre is taken off first. */
import { norm } from "../../linalg/norms";
import type { SentenceEncoder } from "../../domain/encoder";

/** Unit vector from the centre to a sentence; zero for the centre itself. */
export function towards(vector: Float32Array, centre: Float32Array): Float32Array {
  const moved = vector.map((value, at) => value - centre[at]!);
  const length = norm(moved);
  return length === 0 ? moved : moved.map((value) => value / length);
}

/** The mean of many sentences; zero for an encoder whose vectors are compared as they are. */
export function centreOf(
  vectors: readonly Float32Array[],
  { needsCentre }: Pick<SentenceEncoder, "needsCentre">,
): Float32Array<ArrayBuffer> {
  const width = vectors[0]?.length ?? 0;
  const sum = new Float64Array(width);
  if (!needsCentre) return Float32Array.from(sum);
  for (const vector of vectors) for (let at = 0; at < width; at++) sum[at]! += vector[at]!;
  return Float32Array.from(sum, (value) => value / Math.max(1, vectors.length));
}
