/**
 * Panels of eight outputs in fewer bits (the packed layouts of weightLayout.ts): how float32 values become words, and
 * the one definition of what words mean. Kernels decode the same words to the same float32 numbers.
 */
import { AppError } from "../lib/errors";
import { halfTable } from "../lib/halfFloat";
import { INT8_BLOCK, INT8_BLOCK_WORDS, PANEL, weightShape } from "./weightLayout";
import type { PackedLayout, WeightGeometry } from "./weightLayout";

/** Largest magnitude of a signed byte in use: -128 would make the range lopsided. */
const LARGEST_BYTE = 127;
const LARGEST_HALF = 0x7bff;

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** Words of one panel. */
export function wordsPerPanel(geometry: WeightGeometry): number {
  const [, steps, words] = weightShape(geometry) as [number, number, number];
  return steps * words;
}

/**
 * Packs one panel [inFeatures, 8]. Returns whether the words decode to exactly these bits.
 * @throws AppError not-finite for a NaN or an infinity, which fewer bits cannot keep
 */
export function packPanel(layout: PackedLayout, panel: Float32Array, words: Int32Array): boolean {
  return layout === "panels8Int8" ? packBytes(panel, words) : packHalves(layout, panel, words);
}

/** The float32 values [inFeatures, 8] of one panel's words. */
export function unpackPanel(layout: PackedLayout, words: Int32Array, panel: Float32Array): void {
  if (layout === "panels8Int8") return unpackBytes(words, panel);
  const decode = layout === "panels8Float16" ? fromHalf : fromBrain;
  for (let word = 0; word < words.length; word++) {
    const at = (word >> 2) * PANEL + (word & 3);
    panel[at] = decode((words[word] as number) & 0xffff);
    panel[at + 4] = decode((words[word] as number) >>> 16);
  }
}

/** W[input, output] of a packed weight: the slow twins' way to read one. */
export function packedValue(
  geometry: WeightGeometry,
  words: ArrayLike<number>,
  input: number,
  output: number,
): number {
  const panel = Math.floor(output / PANEL) * wordsPerPanel(geometry);
  const lane = output % PANEL;
  const word = (at: number) => words[panel + at] as number;
  if (geometry.layout === "panels8Int8") {
    const block = Math.floor(input / INT8_BLOCK) * INT8_BLOCK_WORDS;
    const four = word(block + PANEL + 2 * (input % INT8_BLOCK) + (lane >> 2));
    return fromBits(word(block + lane)) * ((four << (24 - 8 * (lane & 3))) >> 24);
  }
  const both = word(4 * input + (lane & 3));
  const half = lane < 4 ? both & 0xffff : both >>> 16;
  return geometry.layout === "panels8Float16" ? fromHalf(half) : fromBrain(half);
}

/** In integers throughout: a model has hundreds of millions of weights. */
function packHalves(layout: PackedLayout, panel: Float32Array, words: Int32Array): boolean {
  const encode = layout === "panels8Float16" ? nearestHalf : nearestBrain;
  const patterns = new Int32Array(panel.buffer, panel.byteOffset, panel.length);
  let seen = 0;
  for (let word = 0; word < words.length; word++) {
    const at = (word >> 2) * PANEL + (word & 3);
    const low = encode(patterns[at] as number);
    const high = encode(patterns[at + 4] as number);
    seen |= low | high;
    words[word] = (low & 0xffff) | (high << 16);
  }
  if (seen & NOT_FINITE) throw notFinite();
  return (seen & ROUNDED) === 0;
}

/** Beside the 16 bits of a result: digits were lost; it is no number at all. */
const ROUNDED = 0x10000;
const NOT_FINITE = 0x20000;

/** The half nearest to a float32 pattern, ties to even; beyond the largest half that one: the weight is finite still. */
function nearestHalf(pattern: number): number {
  const sign = (pattern >>> 16) & 0x8000;
  const exponent = (pattern >>> 23) & 0xff;
  const fraction = pattern & 0x7fffff;
  if (exponent === 0xff) return NOT_FINITE;
  if (exponent < 102) return sign | (exponent === 0 && fraction === 0 ? 0 : ROUNDED);
  // Normal numbers drop 13 bits; subnormal ones drop more, after the implicit one is made explicit.
  const isNormal = exponent >= 113;
  const drop = isNormal ? 13 : 126 - exponent;
  const significand = isNormal ? ((exponent - 112) << 23) | fraction : fraction | 0x800000;
  const kept = significand >>> drop;
  const rest = significand & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  if (exponent > 142 || kept + up > LARGEST_HALF) return sign | LARGEST_HALF | ROUNDED;
  return sign | (kept + up) | (rest === 0 ? 0 : ROUNDED);
}

/** The upper 16 bits of a float32 pattern, rounded to nearest even; the largest stays finite. */
function nearestBrain(pattern: number): number {
  if ((pattern & 0x7f800000) === 0x7f800000) return NOT_FINITE;
  if ((pattern & 0xffff) === 0) return pattern >>> 16;
  const rounded = (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
  return ((rounded & 0x7fff) >= 0x7f80 ? rounded - 1 : rounded) | ROUNDED;
}

function fromBrain(half: number): number {
  return fromBits(half << 16);
}

function fromHalf(half: number): number {
  return halfTable()[half] as number;
}

function fromBits(word: number): number {
  bits[0] = word;
  return single[0] as number;
}

/**
 * One scale for each lane of 32 inputs: the largest magnitude / 127, kept to 16 significant bits so that byte · scale
 * is a float32 number without rounding. The scale of a GGUF Q8_0 block has 11 and comes out as it was.
 */
function packBytes(panel: Float32Array, words: Int32Array): boolean {
  words.fill(0);
  const patterns = new Int32Array(panel.buffer, panel.byteOffset, panel.length);
  const numbers = INT8_BLOCK * PANEL;
  let exact = true;
  for (let first = 0, block = 0; first < panel.length; first += numbers, block += INT8_BLOCK_WORDS) {
    const end = Math.min(first + numbers, panel.length);
    for (let lane = 0; lane < PANEL; lane++) {
      const scale = scaleOf(patterns, first + lane, end);
      words[block + lane] = toBits(scale);
      const word = block + PANEL + (lane >> 2);
      if (!packLane(panel, first + lane, end, scale, words, word, 8 * (lane & 3))) exact = false;
    }
  }
  return exact;
}

/** Every eighth number from `first` on, into every second word from `word` on. */
function packLane(
  panel: Float32Array,
  first: number,
  end: number,
  scale: number,
  words: Int32Array,
  word: number,
  shift: number,
): boolean {
  const perScale = scale === 0 ? 0 : 1 / scale;
  let exact = true;
  for (let at = first; at < end; at += PANEL, word += 2) {
    const value = panel[at] as number;
    const steps = value * perScale;
    const byte = (steps < 0 ? steps - 0.5 : steps + 0.5) | 0;
    words[word] = (words[word] as number) | ((byte & 0xff) << shift);
    // A byte has no negative zero.
    if (byte * scale !== value || Object.is(value, -0)) exact = false;
  }
  return exact;
}

/** Zero where the scale would be no normal float32: a device may take those for zero. */
function scaleOf(patterns: Int32Array, first: number, end: number): number {
  let largest = 0;
  for (let at = first; at < end; at += PANEL) {
    // Patterns of positive numbers are in the order of the numbers.
    const size = (patterns[at] as number) & 0x7fffffff;
    if (size > largest) largest = size;
  }
  if (largest >= 0x7f800000) throw notFinite();
  single[0] = fromBits(largest) / LARGEST_BYTE;
  bits[0] = ((bits[0] as number) + 0x80) & ~0xff;
  return (single[0] as number) < 2 ** -126 ? 0 : (single[0] as number);
}

function toBits(value: number): number {
  single[0] = value;
  return (bits[0] as number) | 0;
}

function unpackBytes(words: Int32Array, panel: Float32Array): void {
  const steps = panel.length / PANEL;
  for (let step = 0; step < steps; step++) {
    const block = Math.floor(step / INT8_BLOCK) * INT8_BLOCK_WORDS;
    for (let lane = 0; lane < PANEL; lane++) {
      const four = words[block + PANEL + 2 * (step % INT8_BLOCK) + (lane >> 2)] as number;
      const byte = (four << (24 - 8 * (lane & 3))) >> 24;
      panel[step * PANEL + lane] = fromBits(words[block + lane] as number) * byte;
    }
  }
}

function notFinite(): AppError {
  return new AppError(
    "not-finite",
    "The weights hold numbers that are not finite, which a smaller format cannot keep.",
    "Load the model in float32, or check where the file comes from.",
  );
}
