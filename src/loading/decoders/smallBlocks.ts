/**
 * GGUF's formats with 32 values per block: one half-precision scale d (and minimum m in the _1 forms), then the
 * quantised values. Nibble formats keep value j in the low half of byte j and value j + 16 in the high half.
 */
import { halfTable } from "../../lib/halfFloat";
import type { BlockDecoder } from "./blockDecoder";

const half = (bytes: Uint8Array, at: number): number => halfTable()[bytes[at]! | (bytes[at + 1]! << 8)]!;

/** d · (q − 8) */
const q4_0: BlockDecoder = {
  name: "Q4_0",
  valuesPerBlock: 32,
  bytesPerBlock: 18,
  decode(bytes, blocks, out, offset) {
    for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 18, to += 32) {
      const d = half(bytes, at);
      for (let j = 0; j < 16; j++) {
        const q = bytes[at + 2 + j]!;
        out[to + j] = d * ((q & 15) - 8);
        out[to + j + 16] = d * ((q >> 4) - 8);
      }
    }
  },
};

/** d · q + m */
const q4_1: BlockDecoder = {
  name: "Q4_1",
  valuesPerBlock: 32,
  bytesPerBlock: 20,
  decode(bytes, blocks, out, offset) {
    for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 20, to += 32) {
      const d = half(bytes, at);
      const m = half(bytes, at + 2);
      for (let j = 0; j < 16; j++) {
        const q = bytes[at + 4 + j]!;
        out[to + j] = d * (q & 15) + m;
        out[to + j + 16] = d * (q >> 4) + m;
      }
    }
  },
};

const fifthBits = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** d · (q − 16); the fifth bits of the 32 values stand together in four bytes. */
const q5_0: BlockDecoder = {
  name: "Q5_0",
  valuesPerBlock: 32,
  bytesPerBlock: 22,
  decode(bytes, blocks, out, offset) {
    for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 22, to += 32) {
      const d = half(bytes, at);
      const high = fifthBits(bytes, at + 2);
      for (let j = 0; j < 16; j++) {
        const q = bytes[at + 6 + j]!;
        out[to + j] = d * (((q & 15) | (((high >>> j) & 1) << 4)) - 16);
        out[to + j + 16] = d * (((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
      }
    }
  },
};

/** d · q + m with five bits */
const q5_1: BlockDecoder = {
  name: "Q5_1",
  valuesPerBlock: 32,
  bytesPerBlock: 24,
  decode(bytes, blocks, out, offset) {
    for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 24, to += 32) {
      const d = half(bytes, at);
      const m = half(bytes, at + 2);
      const high = fifthBits(bytes, at + 4);
      for (let j = 0; j < 16; j++) {
        const q = bytes[at + 8 + j]!;
        out[to + j] = d * ((q & 15) | (((high >>> j) & 1) << 4)) + m;
        out[to + j + 16] = d * ((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) + m;
      }
    }
  },
};

/** d · q, q a signed byte */
const q8_0: BlockDecoder = {
  name: "Q8_0",
  valuesPerBlock: 32,
  bytesPerBlock: 34,
  decode(bytes, blocks, out, offset) {
    for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 34, to += 32) {
      const d = half(bytes, at);
      for (let j = 0; j < 32; j++) out[to + j] = d * ((bytes[at + 2 + j]! << 24) >> 24);
    }
  },
};

/** The 16 levels of the non-linear 4-bit formats. */
export const NON_LINEAR_LEVELS = Int8Array.of(
  ...[-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],
);

/** d · level[q] */
const iq4_nl: BlockDecoder = {
  name: "IQ4_NL",
  valuesPerBlock: 32,
  bytesPerBlock: 18,
  decode(bytes, blocks, out, offset) {
    for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 18, to += 32) {
      const d = half(bytes, at);
      for (let j = 0; j < 16; j++) {
        const q = bytes[at + 2 + j]!;
        out[to + j] = d * NON_LINEAR_LEVELS[q & 15]!;
        out[to + j + 16] = d * NON_LINEAR_LEVELS[q >> 4]!;
      }
    }
  },
};

export const SMALL_BLOCK_DECODERS = [q4_0, q4_1, q5_0, q5_1, q8_0, iq4_nl] as const;
