/** Borders between the chunks of a long answer, as the token numbers at which a new chunk begins. Pure. */
import type { TargetChunk } from "../domain/longTarget";

/** Of the lab's own cut: where each chunk's first new token stands. */
export function cutsOf(chunks: readonly TargetChunk[]): number[] {
  return chunks.slice(1).map(({ start, overlap }) => start + overlap);
}

/** Which chunk each of `length` tokens belongs to. */
export function chunkOfTokens(cuts: readonly number[], length: number): number[] {
  return Array.from({ length }, (_none, token) => cuts.filter((cut) => cut <= token).length);
}

/** How far a border may go: its neighbours and the ends keep at least one token each. */
export function rangeOf(
  cuts: readonly number[],
  index: number,
  length: number,
): { min: number; max: number } {
  return { min: (cuts[index - 1] ?? 0) + 1, max: (cuts[index + 1] ?? length) - 1 };
}

export function moveCut(cuts: readonly number[], index: number, to: number, length: number): number[] {
  const { min, max } = rangeOf(cuts, index, length);
  return cuts.with(index, Math.min(max, Math.max(min, to)));
}

/** A new chunk that begins at `token`; a border that is there already stays one. */
export function addCut(cuts: readonly number[], token: number, length: number): number[] {
  if (token <= 0 || token >= length) return [...cuts];
  return [...new Set([...cuts, token])].toSorted((a, b) => a - b);
}

export function removeCut(cuts: readonly number[], index: number): number[] {
  return cuts.toSpliced(index, 1);
}

/** Cuts the chunk after a border in the middle; `-1` is the first chunk. */
export function halveAfter(cuts: readonly number[], index: number, length: number): number[] {
  const start = cuts[index] ?? 0;
  const end = cuts[index + 1] ?? length;
  return addCut(cuts, start + Math.floor((end - start) / 2), length);
}
