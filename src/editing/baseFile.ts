/**
 * Which edits an edit was computed on, in an edit file: those that stand before it there by their places, in runs, the
 * others by their digests. Each edit of a sequence stands on all before it; named one by one they would fill the file.
 */
import { damaged } from "./editFileTensors";

/** A digest, or the edits from one place up to another, which is not among them. */
export type StoredBelow = readonly (string | readonly [number, number])[];

/** More than any file that can be read has honestly; runs could name many more than they take room. */
export const MOST_BELOW = 1e7;

/** `places`: of the digests of the file's edits before this one. */
export function describeBelow(
  below: readonly string[],
  places: ReadonlyMap<string, number>,
): (string | [number, number])[] {
  const parts: (string | [number, number])[] = [];
  for (const digest of below) {
    const place = places.get(digest);
    const last = parts.at(-1);
    if (place === undefined) parts.push(digest);
    else if (Array.isArray(last) && last[1] === place) last[1] = place + 1;
    else parts.push([place, place + 1]);
  }
  return parts;
}

/** `before`: digests of the file's edits before this one. Throws AppError `bad-edit-file`. */
export function readBelow(
  stored: StoredBelow,
  before: readonly string[],
  name: string,
  { fileName, most }: { fileName: string; most: number },
): string[] {
  const below: string[] = [];
  for (const part of stored) {
    const [from, to] = typeof part === "string" ? [0, 0] : part;
    if (from > to || to > before.length || below.length + to - from > most)
      throw damaged(fileName, name, "name edits that are not before it");
    if (typeof part === "string") below.push(part);
    else for (let at = from; at < to; at++) below.push(before[at]!);
  }
  return below;
}
