/**
 * Panels of eight outputs in fewer bits (the packed layouts of weightLayout.ts): how float32 values become words, and
 * the one definition of what words mean. Kernels decode the same words to the same float32 numbers.
 */
import { AppError } from "../lib/errors";
import { halfTable, toHalf } from "../lib/halfFloat";
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

function packHalves(layout: PackedLayout, panel: Float32Array, words: Int32Array): boolean {
  const isHalf = layout === "panels8Float16";
  let exact = true;
  const encode = (value: number): number => {
    if (!Number.isFinite(value)) throw notFinite();
    const half = isHalf ? nearestHalf(value) : nearestBrain(value);
    const back = isHalf ? fromHalf(half) : fromBrain(half);
    exact &&= Object.is(back, value);
    return half;
  };
  for (let word = 0; word < words.length; word++) {
    const at = (word >> 2) * PANEL + (word & 3);
    words[word] = encode(panel[at] as number) | (encode(panel[at + 4] as number) << 16);
  }
  return exact;
}

/** Beyond the largest half the largest half: a weight that large is finite still. */
function nearestHalf(value: number): number {
  const half = toHalf(value);
  return (half & 0x7fff) > LARGEST_HALF ? (half & 0x8000) | LARGEST_HALF : half;
}

/** The upper 16 bits of a float32, rounded to nearest even. */
function nearestBrain(value: number): number {
  single[0] = value;
  const whole = bits[0] as number;
  const rounded = (whole + 0x7fff + ((whole >>> 16) & 1)) >>> 16;
  return (rounded & 0x7fff) >= 0x7f80 ? rounded - 1 : rounded;
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
  let exact = true;
  const steps = panel.length / PANEL;
  for (let first = 0, block = 0; first < steps; first += INT8_BLOCK, block += INT8_BLOCK_WORDS) {
    const end = Math.min(first + INT8_BLOCK, steps);
    for (let lane = 0; lane < PANEL; lane++) {
      const scale = scaleOf(panel, first, end, lane);
      words[block + lane] = toBits(scale);
      if (!packLane(panel, { first, end, lane, scale }, words, block)) exact = false;
    }
  }
  return exact;
}

type LaneBlock = { first: number; end: number; lane: number; scale: number };

function packLane(
  panel: Float32Array,
  { first, end, lane, scale }: LaneBlock,
  words: Int32Array,
  block: number,
): boolean {
  let exact = true;
  const shift = 8 * (lane & 3);
  for (let step = first; step < end; step++) {
    const value = panel[step * PANEL + lane] as number;
    const byte = scale === 0 ? 0 : Math.round(value / scale);
    const word = block + PANEL + 2 * (step - first) + (lane >> 2);
    words[word] = (words[word] as number) | ((byte & 0xff) << shift);
    // A byte has no negative zero.
    if (!Object.is(byte * scale + 0, value)) exact = false;
  }
  return exact;
}

/** Zero where the scale would be no normal float32: a device may take those for zero. */
function scaleOf(panel: Float32Array, first: number, end: number, lane: number): number {
  let largest = 0;
  for (let step = first; step < end; step++) {
    const size = Math.abs(panel[step * PANEL + lane] as number);
    if (!Number.isFinite(size)) throw notFinite();
    if (size > largest) largest = size;
  }
  single[0] = largest / LARGEST_BYTE;
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
