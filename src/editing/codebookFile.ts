/**
 * Codebooks in an edit file. Each edit of a sequence has the entries of the ones before it and one more, so an entry is
 * written once, with the first edit that has it; a codebook says by number which of the file's entries it is made of.
 * Files from before that have no such list: there a codebook is made of its own entries.
 */
import type { Codebook, CodebookEntry } from "../domain/edit";
import { joined } from "../lib/joined";
import type { StoredEdit } from "./editFileSchema";
import { damaged, type TensorReader } from "./editFileTensors";
import type { ReadParts, WrittenParts } from "./sharedParts";

type StoredCodebook = NonNullable<StoredEdit["codebook"]>;

/** The fields for the document. */
export function describeCodebook(
  { weight, in: inWidth, out, entries, place }: Codebook,
  name: string,
  { tensors, entries: written }: WrittenParts,
): StoredCodebook {
  const own = entries.filter((entry) => !written.has(entry));
  for (const entry of own) written.set(entry, written.size);
  if (own.length > 0)
    tensors.push(
      { name: `${name}.keys`, shape: [own.length, inWidth], values: joined(own.map(({ key }) => key)) },
      { name: `${name}.values`, shape: [own.length, out], values: joined(own.map(({ value }) => value)) },
      { name: `${name}.radii`, shape: [own.length], values: Float32Array.from(own, ({ radius }) => radius) },
    );
  return {
    weight,
    in: inWidth,
    out,
    count: own.length,
    labels: own.map(({ label }) => label),
    entries: entries.map((entry) => written.get(entry)!),
    ...(place !== undefined && { place }),
  };
}

/** Throws AppError `bad-edit-file`. */
export function readCodebook(
  { weight, in: inWidth, out, count, labels, entries: numbers, place }: StoredCodebook,
  name: string,
  { entries: known }: ReadParts,
  reader: TensorReader,
): Codebook {
  const first = known.length;
  if (count > 0) known.push(...ownEntries({ in: inWidth, out, count, labels }, name, reader));
  const entries = (numbers ?? labels.map((_, at) => first + at)).map((number) => known[number]);
  const isWhole = (entry: CodebookEntry | undefined): entry is CodebookEntry =>
    entry?.key.length === inWidth && entry.value.length === out;
  if (entries.length === 0 || !entries.every(isWhole))
    throw damaged(
      reader.fileName,
      `${name}.entries`,
      "name one that is not in the file before it, or of another size",
    );
  return { weight, in: inWidth, out, entries, ...(place !== undefined && { place }) };
}

function ownEntries(
  { in: inWidth, out, count, labels }: Pick<StoredCodebook, "in" | "out" | "count" | "labels">,
  name: string,
  reader: TensorReader,
): CodebookEntry[] {
  const keys = reader.read(`${name}.keys`, [count, inWidth]);
  const values = reader.read(`${name}.values`, [count, out]);
  const radii = reader.read(`${name}.radii`, [count]);
  return labels.map((label, at) => ({
    key: keys.slice(at * inWidth, (at + 1) * inWidth),
    value: values.slice(at * out, (at + 1) * out),
    radius: radii[at]!,
    label,
  }));
}

/** Before any tensor is read: a label for each entry, answers of the model's tokens. Throws AppError `bad-edit-file`. */
export function checkCodebook(
  { labels, count }: StoredCodebook,
  name: string,
  { fileName, vocabulary }: { fileName: string; vocabulary: number },
): void {
  if (labels.length !== count) throw damaged(fileName, `${name}.labels`, "are not one per entry");
  if (labels.some(({ answer }) => answer.some((id) => id >= vocabulary)))
    throw damaged(fileName, `${name}.labels`, "name no tokens");
}
