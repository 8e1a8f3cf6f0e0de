/**
 * GGUF's formats with 256 values per block: a half-precision scale d for the whole block (and dmin for minima), and a
 * small integer scale for each group of 16 or 32 values. Layouts as in ggml's k-quants and IQ4_XS.
 */
import { halfTable } from "../../lib/halfFloat";
import type { BlockDecoder } from "./blockDecoder";
import { NON_LINEAR_LEVELS } from "./smallBlocks";

const half = (bytes: Uint8Array, at: number): number => halfTable()[bytes[at]! | (bytes[at + 1]! << 8)]!;

/** Decodes one block that starts at byte `at` to the 256 places from `to`. */
type DecodeBlock = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

function superBlock(name: string, bytesPerBlock: number, decodeBlock: DecodeBlock): BlockDecoder {
  return {
    name,
    valuesPerBlock: 256,
    bytesPerBlock,
    decode(bytes, blocks, out, offset) {
      for (let block = 0; block < blocks; block++) {
        decodeBlock(bytes, block * bytesPerBlock, out, offset + block * 256);
      }
    },
  };
}

/** scales[16] (scale | minimum << 4) · qs[64] · d · dmin; groups of 16, two bits each, four groups share bytes. */
const q2_k = superBlock("Q2_K", 84, (bytes, at, out, to) => {
  const d = half(bytes, at + 80);
  const dmin = half(bytes, at + 82);
  for (let group = 0; group < 16; group++) {
    const scale = bytes[at + group]!;
    const factor = d * (scale & 15);
    const minimum = dmin * (scale >> 4);
    const from = at + 16 + (group >> 3) * 32 + (group & 1) * 16;
    const shift = ((group >> 1) & 3) * 2;
    for (let i = 0; i < 16; i++)
      out[to + group * 16 + i] = factor * ((bytes[from + i]! >> shift) & 3) - minimum;
  }
});

/** hmask[32] · qs[64] · scales[12] (sixteen of 6 bits) · d; a clear bit in hmask takes 4 away. */
const q3_k = superBlock("Q3_K", 110, (bytes, at, out, to) => {
  const d = half(bytes, at + 108);
  const scales = at + 96;
  for (let group = 0; group < 16; group++) {
    const low = group < 8 ? bytes[scales + group]! & 15 : bytes[scales + group - 8]! >> 4;
    const high = (bytes[scales + 8 + (group & 3)]! >> (2 * (group >> 2))) & 3;
    const factor = d * ((low | (high << 4)) - 32);
    const within = (group & 1) * 16;
    const from = at + 32 + (group >> 3) * 32 + within;
    const shift = ((group >> 1) & 3) * 2;
    const mask = 1 << (group >> 1);
    for (let i = 0; i < 16; i++) {
      const q = (bytes[from + i]! >> shift) & 3;
      out[to + group * 16 + i] = factor * (bytes[at + within + i]! & mask ? q : q - 4);
    }
  }
});

/** The 6-bit scale of group `j` in the 12 bytes at `at`, as Q4_K and Q5_K pack eight scales and eight minima. */
function packedScale(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j]! & 63 : (bytes[at + j + 4]! & 15) | ((bytes[at + j - 4]! >> 6) << 4);
}

function packedMinimum(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j + 4]! & 63 : (bytes[at + j + 4]! >> 4) | ((bytes[at + j]! >> 6) << 4);
}

/** d · dmin · scales[12] · qs[128]; groups of 32, an even and an odd group share bytes. */
const q4_k = superBlock("Q4_K", 144, (bytes, at, out, to) => {
  const d = half(bytes, at);
  const dmin = half(bytes, at + 2);
  for (let group = 0; group < 8; group++) {
    const factor = d * packedScale(bytes, at + 4, group);
    const minimum = dmin * packedMinimum(bytes, at + 4, group);
    const from = at + 16 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let i = 0; i < 32; i++)
      out[to + group * 32 + i] = factor * ((bytes[from + i]! >> shift) & 15) - minimum;
  }
});

/** As Q4_K with qh[32] between: bit `group` of byte i is the fifth bit of the group's value i. */
const q5_k = superBlock("Q5_K", 176, (bytes, at, out, to) => {
  const d = half(bytes, at);
  const dmin = half(bytes, at + 2);
  for (let group = 0; group < 8; group++) {
    const factor = d * packedScale(bytes, at + 4, group);
    const minimum = dmin * packedMinimum(bytes, at + 4, group);
    const from = at + 48 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let i = 0; i < 32; i++) {
      const q = ((bytes[from + i]! >> shift) & 15) | (((bytes[at + 16 + i]! >> group) & 1) << 4);
      out[to + group * 32 + i] = factor * q - minimum;
    }
  }
});

/** ql[128] · qh[64] · scales[16] (signed bytes) · d; four runs of 32 values share their bytes in each half. */
const q6_k = superBlock("Q6_K", 210, (bytes, at, out, to) => {
  const d = half(bytes, at + 208);
  for (let group = 0; group < 16; group++) {
    const factor = d * ((bytes[at + 192 + group]! << 24) >> 24);
    const [upper, run, within] = [group >> 3, (group >> 1) & 3, (group & 1) * 16];
    const low = at + upper * 64 + (run & 1) * 32 + within;
    const lowShift = (run >> 1) * 4;
    const high = at + 128 + upper * 32 + within;
    const highShift = run * 2;
    for (let i = 0; i < 16; i++) {
      const q = ((bytes[low + i]! >> lowShift) & 15) | (((bytes[high + i]! >> highShift) & 3) << 4);
      out[to + group * 16 + i] = factor * (q - 32);
    }
  }
});

/** d · high scale bits[2] · low scale bits[4] · qs[128]; groups of 32 non-linear levels. */
const iq4_xs = superBlock("IQ4_XS", 136, (bytes, at, out, to) => {
  const d = half(bytes, at);
  const highBits = bytes[at + 2]! | (bytes[at + 3]! << 8);
  for (let group = 0; group < 8; group++) {
    const low = (bytes[at + 4 + (group >> 1)]! >> ((group & 1) * 4)) & 15;
    const factor = d * ((low | (((highBits >> (2 * group)) & 3) << 4)) - 32);
    const from = at + 8 + group * 16;
    for (let i = 0; i < 16; i++) {
      const q = bytes[from + i]!;
      out[to + group * 32 + i] = factor * NON_LINEAR_LEVELS[q & 15]!;
      out[to + group * 32 + i + 16] = factor * NON_LINEAR_LEVELS[q >> 4]!;
    }
  }
});

export const SUPER_BLOCK_DECODERS = [q2_k, q3_k, q4_k, q5_k, q6_k, iq4_xs] as const;
