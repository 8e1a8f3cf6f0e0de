/**
 * Damages files in the ways that find faults in readers: bits, lengths, borders, numbers, whole pieces. Everything
 * follows from the seed, so a finding can be made again.
 */
import { joinedBytes } from "../../lib/joined";

export type Random = {
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  pick<T>(values: readonly T[]): T;
};

/** A small generator with 32 bits of state (mulberry32); quality matters less here than repeatability. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { below, pick: (values) => values[below(values.length)]! };
}

type Bytes = Uint8Array<ArrayBuffer>;

const NUMBERS = [
  "0",
  "-1",
  "1",
  "2",
  "3",
  "7",
  "0.5",
  "1e9",
  "1e999",
  "-0",
  "4294967296",
  "9007199254740993",
];
const VALUES = [...NUMBERS, "null", "true", "[]", "{}", '""', '"F16"', '"U8"', "[0]", "[-1,4]", "NaN"];
const WORDS = [0n, 1n, 2n, 255n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

/** Most damage is done where it matters: in the first `header` bytes. */
function place(length: number, header: number, random: Random): number {
  return random.below(random.below(4) > 0 ? Math.min(header, length) : length);
}

const randomBytes = (length: number, random: Random) => Uint8Array.from({ length }, () => random.below(256));

type Mutation = (bytes: Bytes, header: number, random: Random) => Bytes;

const flipBit: Mutation = (bytes, header, random) => {
  const at = place(bytes.length, header, random);
  bytes[at]! ^= 1 << random.below(8);
  return bytes;
};

const truncate: Mutation = (bytes, header, random) => bytes.slice(0, place(bytes.length, header, random));

const insert: Mutation = (bytes, header, random) => {
  const at = place(bytes.length, header, random);
  return joinedBytes([bytes.subarray(0, at), randomBytes(1 + random.below(40), random), bytes.subarray(at)]);
};

const remove: Mutation = (bytes, header, random) => {
  const at = place(bytes.length, header, random);
  return joinedBytes([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(40))]);
};

const repeat: Mutation = (bytes, header, random) => {
  const at = place(bytes.length, header, random);
  const piece = bytes.subarray(at, at + 1 + random.below(120));
  return joinedBytes([bytes.subarray(0, at), piece, piece, bytes.subarray(at + piece.length)]);
};

/** Writes a number that readers trip over into 4 or 8 bytes. */
const overwriteWord: Mutation = (bytes, header, random) => {
  const word = new Uint8Array(8);
  new DataView(word.buffer).setBigUint64(0, random.pick(WORDS), true);
  const at = Math.min(place(bytes.length, header, random), Math.max(0, bytes.length - 8));
  bytes.set(word.subarray(0, Math.min(random.pick([4, 8]), bytes.length - at)), at);
  return bytes;
};

const swapWords: Mutation = (bytes, header, random) => {
  const length = random.pick([1, 4, 8]);
  const [a, b] = [place(bytes.length, header, random), place(bytes.length, header, random)];
  const copy = bytes.slice();
  bytes.set(copy.subarray(a, Math.min(a + length, bytes.length - Math.max(0, b - a))), b);
  bytes.set(copy.subarray(b, Math.min(b + length, bytes.length - Math.max(0, a - b))), a);
  return bytes;
};

const BINARY: readonly Mutation[] = [
  flipBit,
  flipBit,
  truncate,
  insert,
  remove,
  repeat,
  overwriteWord,
  swapWords,
];

/** One to three kinds of damage. `header` is how many bytes at the start deserve most of it. */
export function mutateBytes(original: Uint8Array, header: number, random: Random): Bytes {
  let bytes = new Uint8Array(original);
  for (let times = 1 + random.below(3); times > 0 && bytes.length > 0; times--) {
    bytes = random.pick(BINARY)(bytes, header, random);
  }
  return bytes;
}

/** Damages JSON text so that it often stays JSON: values exchanged, keys renamed or doubled, members removed. */
export function mutateJson(original: string, random: Random): string {
  let text = original;
  for (let times = 1 + random.below(2); times > 0; times--) {
    const numbers = [...text.matchAll(/-?\d+(\.\d+)?([eE][+-]?\d+)?/g)];
    const keys = [...text.matchAll(/"([^"\\]*)"\s*:/g)];
    const kind = random.below(6);
    if (kind < 3 && numbers.length) text = exchange(text, random.pick(numbers), random.pick(VALUES));
    else if (kind === 3 && keys.length > 1) text = exchange(text, random.pick(keys), random.pick(keys)[0]);
    else if (kind === 4 && keys.length) text = exchange(text, random.pick(keys), random.pick(ODD_KEYS));
    else text = new TextDecoder().decode(mutateBytes(new TextEncoder().encode(text), text.length, random));
  }
  return text;
}

const ODD_KEYS = ['"__proto__":', '"constructor":', '"":', '"model_type":', '"__metadata__":', '"toString":'];

function exchange(text: string, match: RegExpExecArray, replacement: string): string {
  return text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length);
}
