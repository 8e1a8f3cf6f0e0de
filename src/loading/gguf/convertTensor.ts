/** From a tensor as llama.cpp's converter left it to the Hugging Face tensor (or tensors) it came from. */
import type { ByteSource } from "../byteSource";
import { fault, quoted } from "../fault";
import type { Arrangement, StoredTensor } from "../tensorReader";
import type { Conversion } from "./architecture";
import type { GgufTensor } from "./ggufHeader";

export type Heads = { query: number; keyValue: number };
export type ConvertedTensor = { name: string; dtype: string; stored: StoredTensor };

type Subject = { source: ByteSource; tensor: GgufTensor; ggufName: string; heads: Heads };

/**
 * @param name Hugging Face name without `.weight` or `.bias`; for `splitQkv` the part before q_proj
 * @param suffix `.weight` or `.bias`
 * @throws AppError bad-shape when rows cannot belong to the heads the metadata states
 */
export function convertTensor(
  subject: Subject,
  name: string,
  suffix: string,
  conversion: Conversion,
): ConvertedTensor[] {
  const stored = storedTensor(subject);
  const isMatrix = stored.shape.length === 2;
  const converted = (values: StoredTensor, part = "") => ({
    name: `${name}${part}${suffix}`,
    dtype: subject.tensor.decoder.name,
    stored: values,
  });
  const arranged = (arrangement: Arrangement) => [converted({ ...stored, arrangement })];

  switch (conversion) {
    case "none":
      return [converted(stored)];
    case "transposed":
      if (!isMatrix) return [converted(stored)];
      return [
        converted({ ...stored, arrangement: { kind: "transposed" }, shape: stored.shape.toReversed() }),
      ];
    case "plusOne":
      return arranged({ kind: "shifted", by: -1 });
    case "queryRows":
      return arranged({ kind: "rowsMoved", destination: rotaryRows(subject, stored, subject.heads.query) });
    case "keyRows":
      return arranged({
        kind: "rowsMoved",
        destination: rotaryRows(subject, stored, subject.heads.keyValue),
      });
    case "groupedQkv":
      return arranged({ kind: "rowsMoved", destination: groupedRows(subject, stored) });
    case "splitQkv":
      return splitRows(subject, stored).map(([part, values]) => converted(values, part));
  }
}

/** GGUF names the fastest dimension first; one more than two dimensions folds into rows. */
function storedTensor({ source, tensor }: Subject): StoredTensor {
  const shape = tensor.dimensions.toReversed();
  const columns = tensor.dimensions[0] ?? 1;
  const rows = tensor.dimensions.slice(1).reduce((product, n) => product * n, 1);
  const arrangement: Arrangement = { kind: "asStored" };
  return { source, begin: tensor.begin, rows, columns, decoder: tensor.decoder, arrangement, shape };
}

/** Rows of a matrix, values of a vector. */
const rowCount = (stored: StoredTensor): number => stored.shape[0] ?? 1;

/** Each head's rows 0, n/2, 1, n/2 + 1, … go back to 0, 1, 2, … */
function rotaryRows(subject: Subject, stored: StoredTensor, heads: number): Int32Array {
  const rows = rowCount(stored);
  const perHead = rows / heads;
  if (!Number.isInteger(perHead / 2) || perHead < 2) throw rowsMismatch(subject, rows, `${heads} heads`);
  return Int32Array.from({ length: rows }, (_, row) => {
    const [head, within] = [Math.floor(row / perHead), row % perHead];
    return head * perHead + (within % 2) * (perHead / 2) + Math.floor(within / 2);
  });
}

/** [3, heads, n] rows go back to [heads, 3, n]. */
function groupedRows(subject: Subject, stored: StoredTensor): Int32Array {
  const rows = rowCount(stored);
  const heads = subject.heads.query;
  const perHead = rows / (3 * heads);
  if (!Number.isInteger(perHead) || perHead < 1) throw rowsMismatch(subject, rows, `3 × ${heads} heads`);
  return Int32Array.from({ length: rows }, (_, row) => {
    const part = Math.floor(row / (heads * perHead));
    const head = Math.floor(row / perHead) % heads;
    return (head * 3 + part) * perHead + (row % perHead);
  });
}

/** Query, key and value rows of a fused matrix (or bias), each as a tensor of its own. */
function splitRows(subject: Subject, stored: StoredTensor): [string, StoredTensor][] {
  const { query, keyValue } = subject.heads;
  const isVector = stored.shape.length === 1;
  const width = isVector ? 1 : stored.columns;
  const rows = rowCount(stored);
  const perHead = rows / (query + 2 * keyValue);
  const bytesPerRow = (width / stored.decoder.valuesPerBlock) * stored.decoder.bytesPerBlock;
  if (!Number.isInteger(perHead) || !Number.isInteger(bytesPerRow) || perHead < 1) {
    throw rowsMismatch(subject, rows, `${query} + 2 × ${keyValue} heads`);
  }
  let first = 0;
  return (["q_proj", "k_proj", "v_proj"] as const).map((part) => {
    const count = perHead * (part === "q_proj" ? query : keyValue);
    const begin = stored.begin + first * bytesPerRow;
    first += count;
    const size = isVector
      ? { rows: 1, columns: count, shape: [count] }
      : { rows: count, shape: [count, width] };
    return [part, { ...stored, begin, ...size }];
  });
}

const rowsMismatch = ({ source, ggufName }: Subject, rows: number, heads: string) =>
  fault(
    "bad-shape",
    source.name,
    `tensor ${quoted(ggufName)} has ${rows} rows, which do not divide among ${heads}`,
  );
