/**
 * Reads and checks the header of a safetensors file: 8 bytes of length, JSON, then the tensors' bytes without gaps.
 * Nothing is believed: lengths, shapes and offsets must agree with each other and with the file's size.
 */
import type { ByteSource } from "../byteSource";
import { fault, quoted } from "../fault";
import { isJsonObject, ownValue, parseJson, type JsonObject } from "../json/parseJson";
import { sniffOtherFormat } from "./sniffOtherFormat";

/** What the hub's own reader accepts (platform.md 4). */
export const MAX_HEADER_BYTES = 25 * 1024 * 1024;
const MAX_TENSORS = 100_000;
const MAX_DIMENSIONS = 8;

/** Bytes per element of every type the format defines, also those that are only passed over. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ...["F64", "I64", "U64", "C64"].map((name) => [name, 8] as const),
  ...["F32", "I32", "U32"].map((name) => [name, 4] as const),
  ...["F16", "BF16", "I16", "U16"].map((name) => [name, 2] as const),
  ...["I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"].map((name) => [name, 1] as const),
]);

export type SafetensorsEntry = {
  dtype: string;
  shape: readonly number[];
  /** Bytes in the file, end exclusive. */
  begin: number;
  end: number;
};

export type SafetensorsHeader = {
  tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** The texts of `__metadata__`. */
  metadata: ReadonlyMap<string, string>;
};

/**
 * @throws AppError of a FileFault category, naming file and field
 */
export async function readSafetensorsHeader(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<SafetensorsHeader> {
  const length = await readHeaderLength(source, signal);
  const bytes = await source.read(8, 8 + length, signal);
  if (bytes[0] !== 0x7b) throw fault("bad-json", source.name, "the header does not begin with “{”");
  const json = parseJson(bytes, source.name);
  if (!isJsonObject(json)) throw fault("bad-json", source.name, "the header is not a JSON object");

  const dataStart = 8 + length;
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") continue;
    if (tensors.size === MAX_TENSORS) throw fault("limit", source.name, `more than ${MAX_TENSORS} tensors`);
    tensors.set(name, readEntry(entry, name, source, dataStart));
  }
  checkLayout(tensors, source, dataStart);
  return { tensors, metadata: readMetadata(ownValue(json, "__metadata__"), source.name) };
}

async function readHeaderLength(source: ByteSource, signal?: AbortSignal): Promise<number> {
  const start = await source.read(0, Math.min(source.size, 256), signal);
  const other = sniffOtherFormat(start);
  if (other) throw fault("not-this-format", source.name, `this is ${other}, not a safetensors file`);
  if (source.size < 8) {
    throw fault("truncated", source.name, `${source.size} bytes; even the header length needs 8`);
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw fault("limit", source.name, `header length ${length}; at most ${MAX_HEADER_BYTES} bytes are read`);
  }
  if (length > BigInt(source.size - 8)) {
    const rest = source.size - 8;
    throw fault("truncated", source.name, `header length ${length}, but only ${rest} bytes follow it`);
  }
  if (length < 2n) throw fault("bad-json", source.name, `header length ${length} leaves no room for JSON`);
  return Number(length);
}

function readEntry(entry: unknown, name: string, source: ByteSource, dataStart: number): SafetensorsEntry {
  const tensor = `tensor ${quoted(name)}`;
  if (!isJsonObject(entry)) throw fault("bad-json", source.name, `${tensor} is not described by an object`);
  const dtype = ownValue(entry, "dtype");
  if (typeof dtype !== "string") throw fault("bad-json", source.name, `${tensor} has no dtype`);
  const elementBytes = ELEMENT_BYTES.get(dtype);
  if (!elementBytes)
    throw fault("unsupported", source.name, `${tensor} has the unknown dtype ${quoted(dtype)}`);

  const shape = readShape(ownValue(entry, "shape"), tensor, source.name);
  const [begin, end] = readOffsets(entry, tensor, source.name);
  const expected = shape.reduce((bytes, n) => bytes * BigInt(n), BigInt(elementBytes));
  if (expected !== BigInt(end - begin)) {
    const field = `${tensor}: shape [${shape.join(", ")}] of ${dtype} is ${expected} bytes`;
    throw fault("bad-shape", source.name, `${field}, but data_offsets span ${end - begin}`);
  }
  if (end > source.size - dataStart) {
    const field = `${tensor}: data_offsets end at ${end}`;
    const code = begin > source.size - dataStart ? "bad-layout" : "truncated";
    throw fault(code, source.name, `${field}, but the file holds ${source.size - dataStart} bytes of data`);
  }
  return { dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

function readShape(value: unknown, tensor: string, file: string): number[] {
  if (!Array.isArray(value)) throw fault("bad-json", file, `${tensor} has no list as its shape`);
  if (value.length > MAX_DIMENSIONS) {
    throw fault(
      "limit",
      file,
      `${tensor} has ${value.length} dimensions; at most ${MAX_DIMENSIONS} are read`,
    );
  }
  return value.map((n: unknown) => {
    if (typeof n === "number" && Number.isSafeInteger(n) && n >= 0) return n;
    throw fault(
      "bad-shape",
      file,
      `${tensor} has a dimension that is no whole number from 0 to 2^53: ${shown(n)}`,
    );
  });
}

function readOffsets(entry: JsonObject, tensor: string, file: string): [number, number] {
  const offsets = ownValue(entry, "data_offsets");
  if (!Array.isArray(offsets) || offsets.length !== 2) {
    throw fault("bad-json", file, `${tensor} has no pair of data_offsets`);
  }
  const [begin, end] = offsets as [unknown, unknown];
  for (const offset of [begin, end]) {
    if (typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0) continue;
    throw fault(
      "bad-layout",
      file,
      `${tensor} has a data offset that is no whole number from 0 to 2^53: ${shown(offset)}`,
    );
  }
  if ((begin as number) > (end as number)) {
    throw fault(
      "bad-layout",
      file,
      `${tensor}: data_offsets end (${end as number}) before they begin (${begin as number})`,
    );
  }
  return [begin as number, end as number];
}

/** Tensors in order of their bytes must follow each other exactly, from the first byte of data to the last. */
function checkLayout(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  source: ByteSource,
  dataStart: number,
): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let reached = dataStart;
  for (const [name, { begin, end }] of ordered) {
    const at = `tensor ${quoted(name)} begins at ${begin - dataStart}`;
    if (begin < reached) throw fault("bad-layout", source.name, `${at}, inside the tensor before it`);
    if (begin > reached)
      throw fault("bad-layout", source.name, `${at}, leaving a gap of ${begin - reached} bytes`);
    reached = end;
  }
  if (reached !== source.size) {
    throw fault("bad-layout", source.name, `${source.size - reached} bytes at the end belong to no tensor`);
  }
}

function readMetadata(value: unknown, file: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!isJsonObject(value)) throw fault("bad-json", file, "__metadata__ is not an object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw fault("bad-json", file, `__metadata__.${quoted(key)} is not a text`);
    metadata.set(key, text);
  }
  return metadata;
}

const shown = (value: unknown): string =>
  typeof value === "string" ? quoted(value) : quoted(JSON.stringify(value));
