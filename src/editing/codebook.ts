/** Where a fact goes in a codebook (GRACE, arXiv 2211.11031; algorithms.md 12): a new entry, a split, an old entry. */
import type { Codebook } from "../domain/edit";
import type { MatrixName } from "../model/weightNames";

export type Label = Codebook["labels"][number];
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
  count: 0,
  keys: new Float32Array(0),
  values: new Float32Array(0),
  radii: new Float32Array(0),
  labels: [],
});

export function distancesTo({ count, keys, in: width }: Codebook, query: Float32Array): number[] {
  return Array.from({ length: count }, (_, entry) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (query[i]! - keys[entry * width + i]!) ** 2;
    return Math.sqrt(sum);
  });
}

/**
 * The codebook with room for the fact; `value` is where a new entry begins. The same prompt with another answer takes
 * over its old entry (the published code leaves two dead ones).
 */
export function placeFact(
  book: Codebook,
  query: Float32Array,
  label: Label,
  value: Float32Array,
  { radius, labelTest }: { radius: number; labelTest: "answer" | "published" },
): Placement {
  const distances = distancesTo(book, query);
  const nearest = distances.indexOf(Math.min(...distances));
  const distance = distances[nearest] ?? Infinity;
  if (book.count === 0 || distance > radius + book.radii[nearest]!) {
    return { codebook: append(book, query, label, value, radius), entry: book.count, decision: "new" };
  }
  const equal =
    labelTest === "answer" ? sameAnswer(book.labels[nearest]!, label) : publishedTest(book, nearest, label);
  const radii = Float32Array.from(book.radii);
  if (equal) {
    const grows = distance > radii[nearest]!;
    if (grows) radii[nearest] = distance;
    return { codebook: { ...book, radii }, entry: nearest, decision: grows ? "expand" : "keep" };
  }
  if (labelTest === "answer" && distance < SAME * radius) {
    const labels = book.labels.with(nearest, label);
    return { codebook: { ...book, labels }, entry: nearest, decision: "replace" };
  }
  radii[nearest] = distance / 2 - GAP;
  const codebook = append({ ...book, radii }, query, label, value, distance / 2);
  return { codebook, entry: book.count, decision: "split" };
}

function append(
  book: Codebook,
  key: Float32Array,
  label: Label,
  value: Float32Array,
  radius: number,
): Codebook {
  return {
    ...book,
    count: book.count + 1,
    keys: joined(book.keys, key),
    values: joined(book.values, value),
    radii: joined(book.radii, Float32Array.of(radius)),
    labels: [...book.labels, label],
  };
}

/** Not by spreading: a codebook of a hundred facts has more numbers than a call may have arguments. */
function joined(book: Float32Array, entry: Float32Array): Float32Array<ArrayBuffer> {
  const all = new Float32Array(book.length + entry.length);
  all.set(book);
  all.set(entry, book.length);
  return all;
}

const sameAnswer = (a: Label, b: Label): boolean => a.answer.join() === b.answer.join();

/** Labels are kept in front, keys at the back: from the second entry on another entry's label is looked at. */
function publishedTest({ labels }: Codebook, nearest: number, label: Label): boolean {
  return meanLabel(labels[labels.length - 1 - nearest]!) === meanLabel(label);
}

/** −100 stands for every token of the prompt. */
const meanLabel = ({ answer, promptLength }: Label): number =>
  (answer.reduce((sum, id) => sum + id, 0) - 100 * promptLength) / (answer.length + promptLength);
