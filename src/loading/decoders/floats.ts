/** F32, F64, F16 and BF16, little-endian. F16 goes through a table of all 65,536 values: exact and fast. */
import type { BlockDecoder } from "./blockDecoder";

let table: Float32Array | undefined;

/** The float32 value of every half-precision pattern, subnormals, infinities and NaN included. */
export function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  return table;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const view = (bytes: Uint8Array<ArrayBuffer>) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const f32: BlockDecoder = {
  name: "F32",
  valuesPerBlock: 1,
  bytesPerBlock: 4,
  decode(bytes, blocks, out, offset) {
    // A byte copy keeps every bit pattern and needs no alignment of the source.
    const target = new Uint8Array(out.buffer, out.byteOffset + offset * 4, blocks * 4);
    target.set(bytes.subarray(0, blocks * 4));
  },
};

const f64: BlockDecoder = {
  name: "F64",
  valuesPerBlock: 1,
  bytesPerBlock: 8,
  decode(bytes, blocks, out, offset) {
    const values = view(bytes);
    for (let i = 0; i < blocks; i++) out[offset + i] = values.getFloat64(i * 8, true);
  },
};

const f16: BlockDecoder = {
  name: "F16",
  valuesPerBlock: 1,
  bytesPerBlock: 2,
  decode(bytes, blocks, out, offset) {
    const half = halfTable();
    for (let i = 0; i < blocks; i++) out[offset + i] = half[bytes[2 * i]! | (bytes[2 * i + 1]! << 8)]!;
  },
};

const bf16: BlockDecoder = {
  name: "BF16",
  valuesPerBlock: 1,
  bytesPerBlock: 2,
  decode(bytes, blocks, out, offset) {
    const target = new Uint32Array(out.buffer, out.byteOffset + offset * 4, blocks);
    for (let i = 0; i < blocks; i++) target[i] = (bytes[2 * i]! << 16) | (bytes[2 * i + 1]! << 24);
  },
};

export const FLOAT_DECODERS = { F32: f32, F64: f64, F16: f16, BF16: bf16 } as const;
