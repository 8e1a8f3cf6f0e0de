/** Where a fact goes in a codebook (GRACE, arXiv 2211.11031; algorithms.md 12): a new entry, a split, an old entry. */
import type { Codebook, CodebookEntry, CodebookLabel } from "../domain/edit";
import type { MatrixName } from "../model/weightNames";

export type Placement = {
  codebook: Codebook;
  entry: number;
  decision: "new" | "split" | "expand" | "keep" | "replace";
};

/** How much smaller the old entry's radius is than the new one's after a split. */
const GAP = 1e-5;
/** Distances below this share of the radius are those of one and the same prompt. */
const SAME = 1e-3;

export const emptyCodebook = (weight: MatrixName, inWidth: number, out: number): Codebook => ({
  weight,
  in: inWidth,
  out,
  entries: [],
});

export const distancesTo = ({ entries }: Codebook, query: Float32Array): number[] =>
  entries.map(({ key }) => Math.sqrt(key.reduce((sum, value, i) => sum + (query[i]! - value) ** 2, 0)));

/** The codebook with other contents of one entry. */
export function withEntry(book: Codebook, at: number, change: Partial<CodebookEntry>): Codebook {
  return { ...book, entries: book.entries.with(at, { ...book.entries[at]!, ...change }) };
}

/**
 * The codebook with room for the fact; `value` is where a new entry begins. The same prompt with another answer takes
 * over its old entry (the published code leaves two dead ones). Radii are in single precision, as a file keeps them.
 */
export function placeFact(
  book: Codebook,
  query: Float32Array,
  label: CodebookLabel,
  value: Float32Array,
  { radius, labelTest }: { radius: number; labelTest: "answer" | "published" },
): Placement {
  const distances = distancesTo(book, query);
  const nearest = distances.indexOf(Math.min(...distances));
  const distance = distances[nearest] ?? Infinity;
  const append = (to: Codebook, reach: number): Codebook => ({
    ...to,
    entries: [
      ...to.entries,
      { key: Float32Array.from(query), value: Float32Array.from(value), radius: Math.fround(reach), label },
    ],
  });
  const old = book.entries[nearest];
  if (!old || distance > radius + old.radius)
    return { codebook: append(book, radius), entry: book.entries.length, decision: "new" };
  const equal = labelTest === "answer" ? sameAnswer(old.label, label) : publishedTest(book, nearest, label);
  if (equal) {
    if (distance <= old.radius) return { codebook: book, entry: nearest, decision: "keep" };
    const codebook = withEntry(book, nearest, { radius: Math.fround(distance) });
    return { codebook, entry: nearest, decision: "expand" };
  }
  if (labelTest === "answer" && distance < SAME * radius)
    return { codebook: withEntry(book, nearest, { label }), entry: nearest, decision: "replace" };
  const shrunk = withEntry(book, nearest, { radius: Math.fround(distance / 2 - GAP) });
  return { codebook: append(shrunk, distance / 2), entry: book.entries.length, decision: "split" };
}

const sameAnswer = (a: CodebookLabel, b: CodebookLabel): boolean => a.answer.join() === b.answer.join();

/** Labels are kept in front, keys at the back: from the second entry on another entry's label is looked at. */
function publishedTest({ entries }: Codebook, nearest: number, label: CodebookLabel): boolean {
  return meanLabel(entries[entries.length - 1 - nearest]!.label) === meanLabel(label);
}

/** −100 stands for every token of the prompt. */
const meanLabel = ({ answer, promptLength }: CodebookLabel): number =>
  (answer.reduce((sum, id) => sum + id, 0) - 100 * promptLength) / (answer.length + promptLength);
