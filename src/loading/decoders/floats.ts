/** F32, F64, F16 and BF16, little-endian. F16 goes through a table of all 65,536 values: exact and fast. */
import { halfTable } from "../../lib/halfFloat";
import type { BlockDecoder } from "./blockDecoder";

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
