/** What fewer bits keep exactly, how far off the rest is, and what is refused. */
import { describe, expect, test } from "vitest";
import { halfTable } from "../lib/halfFloat";
import { randomValues } from "./cases/random";
import { packedPieces, unpackRows } from "./panelPieces";
import { packedValue } from "./packedPanels";
import { weightBytes, weightShape, type PackedLayout } from "./weightLayout";

type Packed = { exact: boolean; back: Float32Array; words: Int32Array };

/** Packs row-major [in, out] and reads it back. */
function pack(layout: PackedLayout, values: Float32Array, inFeatures: number, outFeatures: number): Packed {
  const geometry = { inFeatures, outFeatures, layout };
  const words = new Int32Array(weightShape(geometry).reduce((product, extent) => product * extent, 1));
  let exact = true;
  for (const piece of packedPieces({ geometry, orientation: "inOut", firstRow: 0, values })) {
    words.set(piece.words, piece.firstWord);
    exact &&= piece.exact;
  }
  const back = unpackRows(words, geometry);
  const oneByOne = back.map((_, i) =>
    packedValue(geometry, words, Math.floor(i / outFeatures), i % outFeatures),
  );
  expect(new Uint32Array(oneByOne.buffer)).toEqual(new Uint32Array(back.buffer));
  return { exact, back, words };
}

const LAYOUTS = ["panels8Float16", "panels8Bfloat16", "panels8Int8"] as const;

test("every finite half comes back bit for bit, subnormal ones and both zeros too", () => {
  const values = halfTable().filter((value) => Number.isFinite(value));
  const { exact, back } = pack("panels8Float16", values, values.length / 8, 8);
  expect(exact).toBe(true);
  expect(new Uint32Array(back.buffer)).toEqual(new Uint32Array(values.buffer));
});

test("every finite bfloat16 comes back bit for bit", () => {
  const bits = Uint32Array.from({ length: 65536 }, (_, i) => i << 16);
  const values = new Float32Array(bits.buffer).filter((value) => Number.isFinite(value));
  const { exact, back } = pack("panels8Bfloat16", values, values.length / 8, 8);
  expect(exact).toBe(true);
  expect(new Uint32Array(back.buffer)).toEqual(new Uint32Array(values.buffer));
});

test("blocks of GGUF's Q8_0 come back bit for bit: a half-precision scale times bytes", () => {
  const [inFeatures, outFeatures] = [96, 16];
  const values = new Float32Array(inFeatures * outFeatures);
  const scales = randomValues(1, 3 * outFeatures, 0.01);
  const noise = randomValues(2, values.length);
  for (let output = 0; output < outFeatures; output++) {
    for (let input = 0; input < inFeatures; input++) {
      const scale = Math.abs(scales[output * 3 + (input >> 5)]!);
      const half = halfTable()[1 + (Math.round(scale * 1e6) % 0x7bff)]!;
      // llama.cpp scales by the largest magnitude, so that every block holds a 127.
      const byte =
        input % 32 === 5
          ? 127
          : Math.max(-127, Math.min(127, Math.round(noise[input * outFeatures + output]! * 90)));
      values[input * outFeatures + output] = half * byte + 0;
    }
  }
  const { exact, back } = pack("panels8Int8", values, inFeatures, outFeatures);
  expect(exact).toBe(true);
  expect(back).toEqual(values);
});

test.each(LAYOUTS)("%s: a weight packed again keeps its words", (layout) => {
  const [inFeatures, outFeatures] = [45, 13];
  const first = pack(layout, randomValues(3, inFeatures * outFeatures), inFeatures, outFeatures);
  expect(first.exact).toBe(false);
  const again = pack(layout, first.back, inFeatures, outFeatures);
  expect(again.exact).toBe(true);
  expect(again.words).toEqual(first.words);
});

/** Half precision has 11 significant bits, bfloat16 8; a byte is off by half a step of the block's largest / 127. */
test("rounding stays within half a unit of the last place", () => {
  const [inFeatures, outFeatures] = [70, 24];
  const values = randomValues(4, inFeatures * outFeatures);
  const relative = (back: Float32Array) =>
    Math.max(...back.map((value, i) => Math.abs(value - values[i]!) / Math.abs(values[i]!)));
  expect(relative(pack("panels8Float16", values, inFeatures, outFeatures).back)).toBeLessThanOrEqual(
    2 ** -11,
  );
  expect(relative(pack("panels8Bfloat16", values, inFeatures, outFeatures).back)).toBeLessThanOrEqual(
    2 ** -8,
  );
  const { back } = pack("panels8Int8", values, inFeatures, outFeatures);
  for (let output = 0; output < outFeatures; output++) {
    for (let first = 0; first < inFeatures; first += 32) {
      const rows = Array.from({ length: Math.min(32, inFeatures - first) }, (_, i) => first + i);
      const at = (input: number) => input * outFeatures + output;
      const largest = Math.max(...rows.map((input) => Math.abs(values[at(input)]!)));
      for (const input of rows) {
        const off = Math.abs(back[at(input)]! - values[at(input)]!);
        expect(off).toBeLessThanOrEqual((largest / 254) * (1 + 2 ** -10));
      }
    }
  }
});

test("what is too large for a half stays finite", () => {
  const values = new Float32Array(8).fill(1e9);
  const { exact, back } = pack("panels8Float16", values, 1, 8);
  expect(exact).toBe(false);
  expect(back).toEqual(new Float32Array(8).fill(65504));
});

describe.each(LAYOUTS)("%s", (layout) => {
  test.each([NaN, Infinity, -Infinity])("refuses %s", (value) => {
    const values = new Float32Array(40 * 8);
    values[77] = value;
    expect(() => pack(layout, values, 40, 8)).toThrow(expect.objectContaining({ code: "not-finite" }));
  });
});

test("bytes per weight of a large matrix", () => {
  const perWeight = (layout: PackedLayout | "panels8") =>
    weightBytes({ inFeatures: 896, outFeatures: 4864, layout }) / (896 * 4864);
  expect(["panels8", ...LAYOUTS].map((layout) => perWeight(layout as PackedLayout))).toEqual([
    4, 2, 2, 1.125,
  ]);
});
