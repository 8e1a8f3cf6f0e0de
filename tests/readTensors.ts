/** Reads a fixture's safetensors file the simple way, on purpose without the loader under test. */
import { readFileSync } from "node:fs";
import { expandFixture } from "../src/model/testing/expandFixture";

export type FixtureTensor = { shape: number[]; values: Float64Array };

/** All tensors of a file by name, as float64 numbers whatever their stored type. */
export function readTensors(path: string): Map<string, FixtureTensor> {
  const bytes = Buffer.from(expandFixture(new Uint8Array(readFileSync(path))).buffer);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString("utf8")) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, FixtureTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = entry.data_offsets;
    const raw = Uint8Array.from(bytes.subarray(8 + headerLength + start, 8 + headerLength + end)).buffer;
    tensors.set(name, { shape: entry.shape, values: toFloat64(raw, entry.dtype) });
  }
  return tensors;
}

function toFloat64(raw: ArrayBuffer, dtype: string): Float64Array {
  switch (dtype) {
    case "F64":
      return new Float64Array(raw);
    case "F32":
      return Float64Array.from(new Float32Array(raw));
    case "I32":
      return Float64Array.from(new Int32Array(raw));
    case "U8":
      return Float64Array.from(new Uint8Array(raw));
    case "I64":
      return Float64Array.from(new BigInt64Array(raw), Number);
    default:
      throw new Error(`fixture dtype ${dtype}`);
  }
}

/** A tensor that must be there. */
export function tensorOf(tensors: Map<string, FixtureTensor>, name: string): FixtureTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`fixture has no tensor ${name}: ${[...tensors.keys()].join(", ")}`);
  return tensor;
}
