/**
 * Fills Float32Arrays from stored tensors, in chunks, whatever the file format. A format's reader says where the bytes
 * are, how they decode and how the file's arrangement differs from the Hugging Face one; this file does the rest.
 */
import { AppError } from "../lib/errors";
import { areFinite } from "../lib/finite";
import { assertNotCancelled, type ByteSource } from "./byteSource";
import type { BlockDecoder } from "./decoders/blockDecoder";

/** Raw bytes and decoded scratch held at once beside the tensor being filled. */
export const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/**
 * How stored rows become the rows of the tensor as Hugging Face names it. `rowsMoved`: stored row i becomes row
 * `destination[i]`. `shifted`: `by` is added to every value.
 */
export type Arrangement =
  | { kind: "asStored" }
  | { kind: "transposed" }
  | { kind: "rowsMoved"; destination: Int32Array }
  | { kind: "shifted"; by: number };

export type StoredTensor = {
  source: ByteSource;
  /** First byte in the source. */
  begin: number;
  /** As stored, row-major; a vector is one row. `columns` is a multiple of the decoder's block. */
  rows: number;
  columns: number;
  decoder: BlockDecoder;
  arrangement: Arrangement;
  /** As Hugging Face has it. */
  shape: readonly number[];
};

export type ReadOptions = {
  signal?: AbortSignal | undefined;
  /** Filled and returned instead of a new array; its length must fit. */
  into?: Float32Array<ArrayBuffer> | undefined;
};

/** Where a chunk's rows go: stored rows [firstRow, firstRow + rowCount), `columns` wide, from `scratch`. */
type PlaceRows = (scratch: Float32Array, firstRow: number, rowCount: number) => void;

export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, n) => product * n, 1);

/**
 * All values, row-major in the tensor's Hugging Face shape.
 * @throws AppError cancelled, out-of-memory, not-finite, or what the source throws
 */
export async function readTensor(
  tensor: StoredTensor,
  options: ReadOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const count = tensor.rows * tensor.columns;
  const out = options.into ?? allocate(count, tensor.source.name);
  if (out.length !== count) throw new RangeError(`into has ${out.length} places for ${count} values`);
  const { arrangement } = tensor;
  if (arrangement.kind === "asStored" || arrangement.kind === "shifted") {
    await decodeRange(tensor, 0, count, out, options.signal);
    if (arrangement.kind === "shifted") for (let i = 0; i < count; i++) out[i]! += arrangement.by;
  } else {
    const place =
      arrangement.kind === "transposed" ? transposer(tensor, out) : mover(tensor, arrangement, out);
    await decodeRows(tensor, place, options.signal);
  }
  return out;
}

/**
 * Rows [firstRow, firstRow + rowCount) of a matrix, row-major; only their bytes are read where the file keeps rows
 * in order (it does for embeddings).
 */
export async function readRows(
  tensor: StoredTensor,
  firstRow: number,
  rowCount: number,
  options: ReadOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const rows = tensor.shape[0] ?? 1;
  const width = rows === 0 ? 0 : elementCount(tensor.shape) / rows;
  const inside = firstRow >= 0 && rowCount >= 0 && firstRow + rowCount <= rows;
  if (!inside) throw new RangeError(`rows ${firstRow} to ${firstRow + rowCount} of ${rows}`);
  const out = options.into ?? allocate(rowCount * width, tensor.source.name);
  if (tensor.arrangement.kind === "asStored" && width % tensor.decoder.valuesPerBlock === 0) {
    await decodeRange(tensor, firstRow * width, rowCount * width, out, options.signal);
  } else {
    const whole = await readTensor(tensor, { signal: options.signal });
    out.set(whole.subarray(firstRow * width, (firstRow + rowCount) * width));
  }
  return out;
}

/** Decodes `count` stored values from the `first`; both are whole blocks. Throws `not-finite`. */
async function decodeRange(
  { source, begin, decoder }: StoredTensor,
  first: number,
  count: number,
  out: Float32Array,
  signal?: AbortSignal,
): Promise<void> {
  const { valuesPerBlock, bytesPerBlock } = decoder;
  const blocksPerChunk = Math.floor(MAX_CHUNK_BYTES / bytesPerBlock);
  const blocks = count / valuesPerBlock;
  const start = begin + (first / valuesPerBlock) * bytesPerBlock;
  for (let block = 0; block < blocks; block += blocksPerChunk) {
    assertNotCancelled(signal);
    const n = Math.min(blocksPerChunk, blocks - block);
    const from = start + block * bytesPerBlock;
    decoder.decode(await source.read(from, from + n * bytesPerBlock, signal), n, out, block * valuesPerBlock);
    assertFinite(out, block * valuesPerBlock, (block + n) * valuesPerBlock, source.name);
  }
}

/** One such weight makes every answer of the model no number; better to say so while it loads. */
function assertFinite(values: Float32Array, from: number, to: number, file: string): void {
  if (areFinite(values, from, to)) return;
  const message = `${file} holds weights that are infinite or no number at all.`;
  throw new AppError("not-finite", message, "The file is damaged. Get it again from its source.", { file });
}

async function decodeRows(tensor: StoredTensor, place: PlaceRows, signal?: AbortSignal): Promise<void> {
  const { rows, columns, decoder } = tensor;
  const bytesPerRow = (columns / decoder.valuesPerBlock) * decoder.bytesPerBlock + columns * 4;
  const rowsPerChunk = Math.min(rows, Math.max(1, Math.floor(MAX_CHUNK_BYTES / bytesPerRow)));
  const scratch = new Float32Array(rowsPerChunk * columns);
  for (let row = 0; row < rows; row += rowsPerChunk) {
    const n = Math.min(rowsPerChunk, rows - row);
    await decodeRange(tensor, row * columns, n * columns, scratch, signal);
    place(scratch, row, n);
  }
}

function transposer({ rows, columns }: StoredTensor, out: Float32Array): PlaceRows {
  return (scratch, firstRow, rowCount) => {
    for (let column = 0; column < columns; column++) {
      const target = column * rows + firstRow;
      for (let row = 0; row < rowCount; row++) out[target + row] = scratch[row * columns + column]!;
    }
  };
}

/** A vector is moved value by value, a matrix row by row. */
function mover(
  tensor: StoredTensor,
  { destination }: { destination: Int32Array },
  out: Float32Array,
): PlaceRows {
  const isVector = tensor.shape.length === 1;
  if (isVector) return (scratch) => destination.forEach((to, from) => (out[to] = scratch[from]!));
  const { columns } = tensor;
  return (scratch, firstRow, rowCount) => {
    for (let row = 0; row < rowCount; row++) {
      const values = scratch.subarray(row * columns, (row + 1) * columns);
      out.set(values, destination[firstRow + row]! * columns);
    }
  };
}

function allocate(count: number, file: string): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(count);
  } catch {
    const message = `There is no memory for a tensor of ${count} values from ${file}.`;
    throw new AppError(
      "out-of-memory",
      message,
      "Close other pages and programs, or choose a smaller model.",
      {
        file,
        bytes: count * 4,
      },
    );
  }
}
