/** Before and after: joins two lists of next words, and marks which words of a text changed. Pure. */
import type { TokenChoice } from "../domain/model";

/** A next token with its probability now, and before the edits when there are any. Undefined: below the list. */
export type NextWord = { id: number; text: string; now: number | undefined; before: number | undefined };

/** The `count` likeliest tokens of either list, likeliest now first. */
export function joinChoices(
  now: readonly TokenChoice[],
  before: readonly TokenChoice[] | undefined,
  count: number,
): NextWord[] {
  const words = new Map<number, NextWord>();
  for (const { id, text, logprob } of now)
    words.set(id, { id, text, now: Math.exp(logprob), before: undefined });
  for (const { id, text, logprob } of before ?? []) {
    const known = words.get(id) ?? { id, text, now: undefined, before: undefined };
    words.set(id, { ...known, before: Math.exp(logprob) });
  }
  const height = (word: NextWord): number => Math.max(word.now ?? 0, word.before ?? 0);
  return [...words.values()]
    .toSorted((a, b) => height(b) - height(a))
    .slice(0, count)
    .toSorted((a, b) => (b.now ?? 0) - (a.now ?? 0) || height(b) - height(a));
}

export type Piece = { text: string; kind: "same" | "removed" | "added" };

const splitWords = (text: string): string[] => text.match(/\s*\S+|\s+$/gu) ?? [];

/** Longest-common-subsequence table of two word lists, [before + 1][after + 1]. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const diagonal = (table[i + 1]?.[j + 1] ?? 0) + 1;
      const skip = Math.max(table[i + 1]?.[j] ?? 0, table[i]?.[j + 1] ?? 0);
      table[i]![j] = before[i] === after[j] ? diagonal : skip;
    }
  }
  return table;
}

function append(pieces: Piece[], text: string, kind: Piece["kind"]): void {
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ text, kind });
}

/** The two texts as one run of pieces: what stayed, what was removed, what was added. Compared word by word. */
export function diffWords(before: string, after: string): Piece[] {
  const old = splitWords(before);
  const fresh = splitWords(after);
  const table = commonLengths(old, fresh);
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < fresh.length) {
    const a = old[i];
    const b = fresh[j];
    if (a !== undefined && a === b) {
      append(pieces, a, "same");
      i++;
      j++;
    } else if (a !== undefined && (b === undefined || (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))) {
      append(pieces, a, "removed");
      i++;
    } else if (b !== undefined) {
      append(pieces, b, "added");
      j++;
    }
  }
  return pieces;
}
