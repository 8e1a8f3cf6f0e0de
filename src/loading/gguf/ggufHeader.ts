/**
 * Reads and checks the header of a GGUF file (versions 2 and 3): metadata, then what each tensor is and where. Tensor
 * data follow at the next multiple of the alignment, each tensor right after the one before it, padded likewise.
 */
import type { ByteSource } from "../byteSource";
import type { BlockDecoder } from "../decoders/blockDecoder";
import { fault, quoted } from "../fault";
import { sniffOtherFormat } from "../safetensors/sniffOtherFormat";
import { ggmlDecoder } from "./ggmlTypes";
import { GgufCursor, MoreNeeded } from "./ggufCursor";
import type { GgufMetadata, GgufValue } from "./ggufMetadata";
import { readGgufValue } from "./readGgufValue";

const FIRST_FETCH = 1 << 20;
const MAX_HEADER_BYTES = 64 << 20;
const MAX_PAIRS = 100_000;
const MAX_TENSORS = 100_000;
const MAX_KEY_BYTES = 65_535;
const MAX_NAME_BYTES = 1024;
const MAX_DIMENSIONS = 4;
const MAX_ALIGNMENT = 1 << 20;
const DEFAULT_ALIGNMENT = 32;
const MAGIC = 0x46554747;

export type GgufTensor = {
  decoder: BlockDecoder;
  /** As in the file: the fastest-changing dimension first. */
  dimensions: readonly number[];
  /** Bytes in the file, end exclusive. */
  begin: number;
  end: number;
};

export type GgufHeader = { metadata: GgufMetadata; tensors: ReadonlyMap<string, GgufTensor> };

/** @throws AppError of a FileFault category, naming file and field */
export async function readGgufHeader(source: ByteSource, signal?: AbortSignal): Promise<GgufHeader> {
  let length = Math.min(FIRST_FETCH, source.size);
  for (;;) {
    try {
      return parseHeader(
        new GgufCursor(source.name, await source.read(0, length, signal), source.size),
        source,
      );
    } catch (error) {
      if (!(error instanceof MoreNeeded)) throw error;
      if (error.bytes > MAX_HEADER_BYTES) {
        throw fault("limit", source.name, `the header goes on after ${MAX_HEADER_BYTES} bytes`);
      }
      // Parsing starts again with four times as much: at most a third more work than knowing the length.
      length = Math.min(source.size, MAX_HEADER_BYTES, Math.max(error.bytes, length * 4));
    }
  }
}

function parseHeader(cursor: GgufCursor, source: ByteSource): GgufHeader {
  checkVersion(cursor, source);
  const tensorCount = cursor.count(MAX_TENSORS, "the number of tensors");
  const pairCount = cursor.count(MAX_PAIRS, "the number of metadata pairs");
  const metadata = readMetadata(cursor, pairCount);
  if (typeof metadata.get("general.architecture") !== "string") {
    throw fault("missing", source.name, "general.architecture is absent or not a text");
  }
  const alignment = readAlignment(metadata, source.name);
  const described = new Map<string, GgufTensor>();
  for (let i = 0; i < tensorCount; i++) {
    const [name, tensor] = readTensorInfo(cursor, i, alignment);
    if (described.has(name)) throw fault("duplicate", source.name, `the tensor ${quoted(name)} occurs twice`);
    described.set(name, tensor);
  }
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  return { metadata, tensors: placeTensors(described, source, dataStart, alignment) };
}

function checkVersion(cursor: GgufCursor, { name, size }: ByteSource): void {
  if (size === 0) throw fault("truncated", name, "the file is empty");
  const magic = cursor.u32("the magic number");
  if (magic !== MAGIC) {
    cursor.at = 0;
    const other = sniffOtherFormat(cursor.bytes(Math.min(64, size), "the beginning"));
    throw fault("not-this-format", name, `this is ${other ?? "something else"}, not a GGUF file`);
  }
  const version = cursor.u32("the version");
  if (version === 2 || version === 3) return;
  const isSwapped = version >= 1 << 24 && version % (1 << 24) === 0;
  const why = isSwapped ? "the file is big-endian" : `version ${version}; versions 2 and 3 are read`;
  throw fault("unsupported", name, why);
}

function readMetadata(cursor: GgufCursor, pairs: number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairs; i++) {
    const key = cursor.text(MAX_KEY_BYTES, `metadata key ${i}`);
    const field = `the value of ${quoted(key)}`;
    if (metadata.has(key))
      throw fault("duplicate", cursor.file, `the metadata key ${quoted(key)} occurs twice`);
    metadata.set(key, readGgufValue(cursor, cursor.u32(field), field));
  }
  return metadata;
}

function readAlignment(metadata: GgufMetadata, file: string): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  const isPowerOfTwo =
    typeof alignment === "number" && alignment >= 1 && Number.isInteger(Math.log2(alignment));
  if (!isPowerOfTwo || alignment > MAX_ALIGNMENT) {
    const value = quoted(typeof alignment === "object" ? "an array" : String(alignment));
    throw fault(
      "bad-layout",
      file,
      `general.alignment is ${value}, not a power of two up to ${MAX_ALIGNMENT}`,
    );
  }
  return alignment;
}

/** `begin` and `end` are still relative to the data. */
function readTensorInfo(cursor: GgufCursor, index: number, alignment: number): [string, GgufTensor] {
  const name = cursor.text(MAX_NAME_BYTES, `the name of tensor ${index}`);
  const tensor = `tensor ${quoted(name)}`;
  const dimensions = readDimensions(cursor, tensor);
  const decoder = ggmlDecoder(cursor.u32(`the type of ${tensor}`));
  if (typeof decoder === "string") throw fault("unsupported", cursor.file, `${tensor} is of type ${decoder}`);
  const width = dimensions[0] ?? 1;
  if (width % decoder.valuesPerBlock !== 0) {
    const block = `blocks of ${decoder.valuesPerBlock} in ${decoder.name}`;
    throw fault(
      "bad-shape",
      cursor.file,
      `${tensor}: a row of ${width} values is no whole number of ${block}`,
    );
  }
  const offset = cursor.u64(`the offset of ${tensor}`);
  if (offset % BigInt(alignment) !== 0n) {
    throw fault(
      "bad-layout",
      cursor.file,
      `${tensor} begins at ${offset}, no multiple of the alignment ${alignment}`,
    );
  }
  // A wild offset loses digits here; it lies outside every file all the same.
  const begin = Number(offset);
  const values = dimensions.reduce((product, n) => product * n, 1);
  const bytes = (values / decoder.valuesPerBlock) * decoder.bytesPerBlock;
  return [name, { decoder, dimensions, begin, end: begin + bytes }];
}

function readDimensions(cursor: GgufCursor, tensor: string): number[] {
  const count = cursor.u32(`the number of dimensions of ${tensor}`);
  if (count > MAX_DIMENSIONS) {
    throw fault(
      "limit",
      cursor.file,
      `${tensor} has ${count} dimensions; at most ${MAX_DIMENSIONS} are read`,
    );
  }
  const dimensions = Array.from({ length: count }, () => cursor.u64(`the shape of ${tensor}`));
  const product = dimensions.reduce((values, n) => values * n, 1n);
  const largest = dimensions.reduce((max, n) => (n > max ? n : max), 0n);
  if (product > 1n << 48n || largest > 1n << 48n) {
    throw fault("bad-shape", cursor.file, `${tensor}: shape [${dimensions.join(", ")}] has too many values`);
  }
  return dimensions.map(Number);
}

/** Tensors in order of their offsets must follow each other as the format's writer lays them, inside the file. */
function placeTensors(
  described: ReadonlyMap<string, GgufTensor>,
  source: ByteSource,
  dataStart: number,
  alignment: number,
): ReadonlyMap<string, GgufTensor> {
  const held = Math.max(0, source.size - dataStart);
  const ordered = [...described].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const [name, { begin, end }] of ordered) {
    const at = `tensor ${quoted(name)} begins at ${begin}`;
    if (begin > held)
      throw fault("bad-layout", source.name, `${at}, but the file holds ${held} bytes of data`);
    if (begin < reached) throw fault("bad-layout", source.name, `${at}, inside the tensor before it`);
    if (begin > reached) throw fault("bad-layout", source.name, `${at}, leaving a gap after byte ${reached}`);
    if (end > held) {
      throw fault(
        "truncated",
        source.name,
        `tensor ${quoted(name)} ends at ${end}, but the file holds ${held} bytes of data`,
      );
    }
    reached = Math.ceil(end / alignment) * alignment;
  }
  const placed = [...described].map(
    ([name, tensor]) =>
      [name, { ...tensor, begin: tensor.begin + dataStart, end: tensor.end + dataStart }] as const,
  );
  return new Map(placed);
}
