/**
 * WGSL that reads a frozen weight's panels (weightLayout.ts), one text per layout. Every kernel that multiplies asks for
 * `low` and `high`, the lanes 0 … 3 and 4 … 7 of one input, and does not know how they are kept. Halves are decoded with
 * integer steps: `unpack2x16float` may take subnormal ones for zero, and then a device would compute with other weights
 * than the lab reads back.
 */
import { invariant } from "../../lib/errors";
import { INT8_BLOCK, INT8_BLOCK_WORDS, PANEL } from "../weightLayout";
import { unroll } from "./text";

export type PanelLayout = "panels8" | "panels8Float16" | "panels8Bfloat16" | "panels8Int8";

/** WGSL expressions: which panel, its first input (`count` of them follow) and the inputs of a panel. */
export type PanelPlace = { panel: string; input: string; count: 1 | 4 | 8; inFeatures: string };

export type WeightReader = {
  /** WGSL functions the other texts call. */
  functions: string;
  /**
   * `use(j)` for each of the inputs, each in a scope that knows its `low` and `high`. Several inputs begin at a multiple
   * of their count.
   */
  rows(place: PanelPlace, use: (j: number) => string): string;
  /** WGSL that returns W[input, output] from a function; the array's elements are single words or numbers. */
  returnValue(input: string, output: string, inFeatures: string): string;
};

/** The reader of a layout. WebGPU's weights are in panels always. */
export function weightReader(layout: string): WeightReader {
  const reader = (READERS as Readonly<Record<string, WeightReader>>)[layout];
  invariant(reader, `WebGPU's linear kernels read panels, not ${layout}`);
  return reader;
}

const float32: WeightReader = {
  functions: "",
  rows: ({ panel, input, count, inFeatures }, use) => `
    let at = (${panel} * ${inFeatures} + ${input}) * 2;
    ${unroll(
      count,
      (j) => `{
      let low = weight[at + ${2 * j}];
      let high = weight[at + ${2 * j + 1}];
      ${use(j)}
    }`,
    )}`,
  returnValue: (input, output, inFeatures) =>
    `return weight[((${output} / ${PANEL}) * ${inFeatures} + ${input}) * ${PANEL} + ${output} % ${PANEL}];`,
};

/** `decode`: a function from four words with 16 bits each, in the lower half, to four numbers. */
function sixteenBits(functions: string, low: string, high: string, decode: string): WeightReader {
  return {
    functions,
    rows: ({ panel, input, count, inFeatures }, use) => `
    let at = ${panel} * ${inFeatures} + ${input};
    ${unroll(
      count,
      (j) => `{
      let both = weight[at + ${j}];
      let low = ${low};
      let high = ${high};
      ${use(j)}
    }`,
    )}`,
    returnValue: (input, output, inFeatures) => `
  let lane = ${output} % ${PANEL};
  let both = weight[((${output} / ${PANEL}) * ${inFeatures} + ${input}) * 4 + lane % 4];
  return ${decode}(vec4<i32>(both >> u32(16 * (lane / 4)))).x;`,
  };
}

/** Looks at the lower 16 bits only. A subnormal half is read as one of the next exponent, from which that exponent's leading one is taken away again. */
const HALVES = `
fn halves(h : vec4<i32>) -> vec4<f32> {
  let magnitude = (h & vec4<i32>(0x7fff)) << vec4<u32>(13u);
  let normal = bitcast<vec4<f32>>(magnitude + vec4<i32>(0x38000000));
  let tiny = bitcast<vec4<f32>>(magnitude + vec4<i32>(0x38800000)) - vec4<f32>(6.103515625e-05);
  let value = bitcast<vec4<i32>>(select(normal, tiny, magnitude < vec4<i32>(0x00800000)));
  return bitcast<vec4<f32>>(value | ((h & vec4<i32>(0x8000)) << vec4<u32>(16u)));
}`;

const BRAINS = `
fn brains(h : vec4<i32>) -> vec4<f32> { return bitcast<vec4<f32>>(h << vec4<u32>(16u)); }`;

/** Four signed bytes, the lowest first. */
const BYTES = `
fn signedBytes(word : i32) -> vec4<f32> {
  return vec4<f32>((vec4<i32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
}`;

const int8: WeightReader = {
  functions: BYTES,
  rows: ({ panel, input, count, inFeatures }, use) => `
    let first = ${input};
    let blocks = (${inFeatures} + ${INT8_BLOCK - 1}) / ${INT8_BLOCK};
    let block = (${panel} * blocks + first / ${INT8_BLOCK}) * ${INT8_BLOCK_WORDS / 4};
    let scaleLow = bitcast<vec4<f32>>(weight[block]);
    let scaleHigh = bitcast<vec4<f32>>(weight[block + 1]);
    let at = block + 2 + (first % ${INT8_BLOCK}) / 2;
    ${unroll(
      count,
      (j) => `{
      let quad = weight[at + ${j >> 1}];
      let pair = ${count === 1 ? "select(quad.xy, quad.zw, first % 2 == 1)" : j % 2 === 0 ? "quad.xy" : "quad.zw"};
      let low = signedBytes(pair.x) * scaleLow;
      let high = signedBytes(pair.y) * scaleHigh;
      ${use(j)}
    }`,
    )}`,
  returnValue: (input, output, inFeatures) => `
  let lane = ${output} % ${PANEL};
  let blocks = (${inFeatures} + ${INT8_BLOCK - 1}) / ${INT8_BLOCK};
  let block = ((${output} / ${PANEL}) * blocks + ${input} / ${INT8_BLOCK}) * ${INT8_BLOCK_WORDS};
  let four = weight[block + ${PANEL} + 2 * (${input} % ${INT8_BLOCK}) + lane / 4];
  return signedBytes(four)[lane % 4] * bitcast<f32>(weight[block + lane]);`,
};

const READERS: Readonly<Record<PanelLayout, WeightReader>> = {
  panels8: float32,
  panels8Float16: sixteenBits(HALVES, "halves(both)", "halves(both >> vec4<u32>(16u))", "halves"),
  // The upper half is in its place already; -65536 is a mask of the upper 16 bits.
  panels8Bfloat16: sixteenBits(
    BRAINS,
    "brains(both)",
    "bitcast<vec4<f32>>(both & vec4<i32>(-65536))",
    "brains",
  ),
  panels8Int8: int8,
};
