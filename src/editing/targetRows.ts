/**
 * The batch of a target's optimisation (algorithms.md 0.7): every rewriting text continued by the answer, and the
 * essence text whose next token should stay as it is. Ids are concatenated, never re-tokenised.
 */
import type { LocatedText } from "./factToken";

/** A vector that is already decided, added at the same site at an earlier position of a row. */
export type FrozenShift = { position: number; delta: Float64Array };

/** A row's tokens and the position where the vector is added. */
export type TargetRow = { ids: Int32Array; lookup: number; frozen?: readonly FrozenShift[] };

/** A place whose logits the loss reads. */
export type ReadPlace = { row: number; position: number };

export type TargetRows = {
  /** Row 0 is the bare prompt; the essence row, if any, is the last one and ends at its lookup. */
  rows: readonly TargetRow[];
  /** The places of the labels, row by row, then that of the essence row. */
  places: readonly ReadPlace[];
  /** The token to be predicted at each label's place. */
  labels: Int32Array;
  /** Answer tokens per rewriting row. */
  answerLength: number;
  hasEssence: boolean;
};

/** `texts` end where the answer begins. */
export function targetRows(
  texts: readonly LocatedText[],
  answer: Int32Array,
  essence: LocatedText | undefined,
): TargetRows {
  const fed = answer.subarray(0, answer.length - 1);
  const rows: TargetRow[] = texts.map(({ ids, lookup }) => ({
    ids: Int32Array.from([...ids, ...fed]),
    lookup,
  }));
  const places: ReadPlace[] = texts.flatMap(({ ids }, row) =>
    Array.from(answer, (_, t) => ({ row, position: ids.length - 1 + t })),
  );
  if (essence) {
    places.push({ row: rows.length, position: essence.lookup });
    rows.push({ ids: essence.ids.slice(0, essence.lookup + 1), lookup: essence.lookup });
  }
  return {
    rows,
    places,
    labels: Int32Array.from(texts.flatMap(() => [...answer])),
    answerLength: answer.length,
    hasEssence: essence !== undefined,
  };
}

/**
 * The same batch in parts of at most `positions` suffix positions each (at least one row), in order; the loss is a sum
 * over rows, so parts can be run one after the other. The essence row never stands alone.
 */
export function splitRows(target: TargetRows, positions: number): TargetRows[] {
  const { rows, hasEssence } = target;
  const longest = Math.max(...rows.map(({ ids, lookup }) => ids.length - lookup));
  const perPart = Math.max(1, Math.floor(positions / longest));
  const rewriting = rows.length - (hasEssence ? 1 : 0);
  const parts: TargetRows[] = [];
  for (let first = 0; first < rewriting; first += perPart) {
    const end = Math.min(first + perPart, rewriting);
    parts.push(partOf(target, first, end === rewriting ? rows.length : end, end));
  }
  return parts;
}

/** Rows first … end - 1, of which those before `rewritingEnd` have labels. */
function partOf(target: TargetRows, first: number, end: number, rewritingEnd: number): TargetRows {
  const { rows, places, labels, answerLength } = target;
  return {
    rows: rows.slice(first, end),
    places: places
      .filter(({ row }) => row >= first && row < end)
      .map(({ row, position }) => ({ row: row - first, position })),
    labels: labels.slice(first * answerLength, rewritingEnd * answerLength),
    answerLength,
    hasEssence: end > rewritingEnd,
  };
}
