/**
 * Writes one safetensors file: 8 bytes of header length, JSON padded with spaces to a multiple of 8, then the tensors'
 * bytes in the order given, without gaps. Little-endian, as every machine that runs this is.
 */
import { invariant } from "../lib/errors";

export type TensorToWrite = {
  name: string;
  shape: readonly number[];
  values: Float32Array | Float64Array | Int32Array;
};

const ALIGNMENT = 8;

/** The whole file. `metadata` becomes the header's `__metadata__`; equal input gives equal bytes. */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header = encodeHeader(tensors, metadata);
  const size = tensors.reduce((sum, { values }) => sum + values.byteLength, 8 + header.length);
  const file = new Uint8Array(size);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const { values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return file;
}

function encodeHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata]);
  const names = new Set<string>(["__metadata__"]);
  let begin = 0;
  for (const { name, shape, values } of tensors) {
    invariant(!names.has(name), `two tensors are named ${name}`);
    names.add(name);
    const count = shape.reduce((product, n) => product * n, 1);
    invariant(count === values.length, `${name}: ${values.length} values for shape [${shape.join(", ")}]`);
    const end = begin + values.byteLength;
    entries.push([name, { dtype: dtypeOf(values), shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = new Uint8Array(Math.ceil(json.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  padded.set(json);
  return padded;
}

function dtypeOf(values: TensorToWrite["values"]): string {
  if (values instanceof Float32Array) return "F32";
  return values instanceof Float64Array ? "F64" : "I32";
}
