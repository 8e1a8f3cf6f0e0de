/**
 * Causal attention in four kernels: probabilities (row by row), their gradient, and the two weighted sums, over the
 * keys for one query and over the queries for one key. Forward and backward are compositions of these (`attentionCalls.ts`).
 * Head vectors are read four numbers at a time where the head's width allows it.
 */
import type { AttentionSize } from "../reference/attention";
import type { WgslKernel } from "./program";
import { rowKernel } from "./rowwise";
import type { RowSharing } from "./rowwise";

/** Some rows of the batch: probabilities of a long prompt are computed for a few rows at a time. */
export type BatchSlice = { first: number; count: number };

type Work = { size: AttentionSize; slice: BatchSlice; isSoftware: boolean; sharing?: RowSharing | undefined };

const LOWEST = "-3.4028234e38";

/** softmax(scale · q k) with zeros where masked: [count, H, Sq, T] of the slice. */
export function probabilitiesKernel({ size, slice, isSoftware, sharing }: Work): WgslKernel {
  const body = `${ROW_COORDINATES}
  let q = ((b * uniforms.queries + i) * uniforms.heads + h) * uniforms.units;
  var lanesLargest = ${LOWEST};
  for (var j = first; j < width; j = j + stride) {
    if (j < firstVisible || j > position) { continue; }
    let score = uniforms.scale * dotKey(b, h, j, q);
    result[at + j] = score;
    lanesLargest = max(lanesLargest, score);
  }
  let largest = maxOverRow(lane, lanesLargest);
  var lanesTotal = 0.0;
  for (var j = first; j < width; j = j + stride) {
    if (j < firstVisible || j > position) { continue; }
    let e = exp(result[at + j] - largest);
    result[at + j] = e;
    lanesTotal = lanesTotal + e;
  }
  let total = sumOverRow(lane, lanesTotal);
  for (var j = first; j < width; j = j + stride) {
    if (j < firstVisible || j > position) { result[at + j] = 0.0; } else { result[at + j] = result[at + j] / total; }
  }`;
  const inputs = ["query", ...keyInputs(size, "key")];
  const functions = `${unitText(size)}${dotText(size, "Key", "query")}`;
  return rowsOfQueries(
    "attentionProbabilities",
    { size, slice, isSoftware, sharing },
    { inputs, functions, body },
  );
}

/** dScores = p (dp - sum p dp) · scale with dp = dy · v: [count, H, Sq, T] of the slice. */
export function scoreGradientKernel({ size, slice, isSoftware, sharing }: Work): WgslKernel {
  const body = `${ROW_COORDINATES}
  let q = ((b * uniforms.queries + i) * uniforms.heads + h) * uniforms.units;
  var lanesMean = 0.0;
  for (var j = first; j < width; j = j + stride) {
    if (j < firstVisible || j > position) { continue; }
    let slope = dotValue(b, h, j, q);
    result[at + j] = slope;
    lanesMean = lanesMean + probabilities[at + j] * slope;
  }
  let mean = sumOverRow(lane, lanesMean);
  for (var j = first; j < width; j = j + stride) {
    if (j < firstVisible || j > position) {
      result[at + j] = 0.0;
    } else {
      result[at + j] = probabilities[at + j] * (result[at + j] - mean) * uniforms.scale;
    }
  }`;
  const inputs = ["dy", ...keyInputs(size, "value")];
  const functions = `${unitText(size)}${dotText(size, "Value", "dy")}`;
  const kernel = rowsOfQueries(
    "attentionScoreGradient",
    { size, slice, isSoftware, sharing },
    { inputs, functions, body },
  );
  return { ...kernel, inputs: [{ name: "probabilities" }, ...kernel.inputs] };
}

/** y [B, Sq, H · dh]: for every query the sum of weights · rows, rows being keys or values. Writes the slice's part. */
export function sumOverKeysKernel(size: AttentionSize, slice: BatchSlice, rows: "key" | "value"): WgslKernel {
  const capital = rows === "key" ? "Key" : "Value";
  const prefixTerm = `for (; j < uniforms.prefix; j = j + 1) {
    sum = sum + weights[w + j] * prefix${capital}[(((b % uniforms.prefixBatch) * uniforms.prefix + j) * uniforms.keyValueHeads + kv) * uniforms.units + d];
  }`;
  return unitOutput({
    name: `attentionSumOver-${rows}`,
    size,
    inputs: ["weights", ...keyInputs(size, rows)],
    shape: [size.batch, size.queries, size.heads * size.headDim],
    count: slice.count * size.queries * size.heads * unitsOf(size),
    offset: slice.first * size.queries * size.heads * unitsOf(size),
    slice,
    body: `
  let h = (index / uniforms.units) % uniforms.heads;
  let i = (index / (uniforms.units * uniforms.heads)) % uniforms.queries;
  let local = index / (uniforms.units * uniforms.heads * uniforms.queries);
  let b = local + uniforms.firstBatch;
  let kv = h / uniforms.group;
  let total = uniforms.prefix + uniforms.keys;
  let position = total - uniforms.queries + i;
  let w = ((local * uniforms.heads + h) * uniforms.queries + i) * total;
  var j = select(0, max(0, position - uniforms.window + 1), uniforms.window > 0);
  ${size.prefix > 0 ? prefixTerm : ""}
  for (; j <= position; j = j + 1) {
    sum = sum + weights[w + j] * ${rows}[((b * uniforms.keys + j - uniforms.prefix) * uniforms.keyValueHeads + kv) * uniforms.units + d];
  }`,
  });
}

/** y [B, S, Hkv · dh]: for every key the sum over the queries that see it, and over the heads that share it. */
export function sumOverQueriesKernel(size: AttentionSize, slice: BatchSlice): WgslKernel {
  return unitOutput({
    name: "attentionSumOverQueries",
    size,
    inputs: ["weights", "rows"],
    shape: [size.batch, size.keys, size.keyValueHeads * size.headDim],
    count: slice.count * size.keys * size.keyValueHeads * unitsOf(size),
    offset: slice.first * size.keys * size.keyValueHeads * unitsOf(size),
    slice,
    body: `
  let kv = (index / uniforms.units) % uniforms.keyValueHeads;
  let j = (index / (uniforms.units * uniforms.keyValueHeads)) % uniforms.keys;
  let local = index / (uniforms.units * uniforms.keyValueHeads * uniforms.keys);
  let b = local + uniforms.firstBatch;
  let total = uniforms.prefix + uniforms.keys;
  let firstQuery = max(0, j + uniforms.queries - uniforms.keys);
  for (var h = kv * uniforms.group; h < (kv + 1) * uniforms.group; h = h + 1) {
    for (var i = firstQuery; i < uniforms.queries; i = i + 1) {
      let w = ((local * uniforms.heads + h) * uniforms.queries + i) * total + uniforms.prefix + j;
      sum = sum + weights[w] * rows[((b * uniforms.queries + i) * uniforms.heads + h) * uniforms.units + d];
    }
  }`,
  });
}

const ROW_COORDINATES = `
  let i = row % uniforms.queries;
  let h = (row / uniforms.queries) % uniforms.heads;
  let b = row / (uniforms.queries * uniforms.heads) + uniforms.firstBatch;
  let position = uniforms.width - uniforms.queries + i;
  let firstVisible = select(0, max(0, position - uniforms.window + 1), uniforms.window > 0);`;

function isQuads(size: AttentionSize): boolean {
  return size.headDim % 4 === 0;
}

/** How many units (four numbers, or one) make a head's vector. */
function unitsOf(size: AttentionSize): number {
  return isQuads(size) ? size.headDim / 4 : size.headDim;
}

function unitText(size: AttentionSize): string {
  return isQuads(size)
    ? `fn product(a : vec4<f32>, b : vec4<f32>) -> f32 { return dot(a, b); }`
    : `fn product(a : f32, b : f32) -> f32 { return a * b; }`;
}

function keyInputs(size: AttentionSize, rows: "key" | "value"): string[] {
  if (size.prefix === 0) return [rows];
  return [rows, rows === "key" ? "prefixKey" : "prefixValue"];
}

/** `dotKey(b, h, j, q)` or `dotValue`: the vector of position j against the one of `other` that starts at q. */
function dotText(size: AttentionSize, rows: "Key" | "Value", other: string): string {
  const prefixCase = `if (j < uniforms.prefix) {
    let at = (((b % uniforms.prefixBatch) * uniforms.prefix + j) * uniforms.keyValueHeads + h / uniforms.group) * uniforms.units;
    for (var d = 0; d < uniforms.units; d = d + 1) { sum = sum + product(${other}[q + d], prefix${rows}[at + d]); }
    return sum;
  }`;
  return `
fn dot${rows}(b : i32, h : i32, j : i32, q : i32) -> f32 {
  var sum = 0.0;
  ${size.prefix > 0 ? prefixCase : ""}
  let at = ((b * uniforms.keys + j - uniforms.prefix) * uniforms.keyValueHeads + h / uniforms.group) * uniforms.units;
  for (var d = 0; d < uniforms.units; d = d + 1) { sum = sum + product(${other}[q + d], ${rows.toLowerCase()}[at + d]); }
  return sum;
}`;
}

function uniformsOf(size: AttentionSize, slice: BatchSlice): WgslKernel["uniforms"] {
  return {
    firstBatch: { i32: slice.first },
    queries: { i32: size.queries },
    keys: { i32: size.keys },
    prefix: { i32: size.prefix },
    prefixBatch: { i32: size.prefixBatch },
    heads: { i32: size.heads },
    keyValueHeads: { i32: size.keyValueHeads },
    group: { i32: size.heads / size.keyValueHeads },
    units: { i32: unitsOf(size) },
    window: { i32: size.window },
    scale: { f32: size.scale },
  };
}

type RowParts = { inputs: string[]; functions: string; body: string };

function rowsOfQueries(
  name: string,
  { size, slice, isSoftware, sharing }: Work,
  parts: RowParts,
): WgslKernel {
  const width = size.prefix + size.keys;
  return rowKernel(
    {
      name,
      inputs: parts.inputs.map((input) => ({ name: input, vec4: isQuads(size) })),
      outputShape: [slice.count, size.heads, size.queries, width],
      rows: slice.count * size.heads * size.queries,
      width,
      uniforms: uniformsOf(size, slice),
      functions: parts.functions,
      body: parts.body,
    },
    isSoftware,
    sharing,
  );
}

type UnitOutput = {
  name: string;
  size: AttentionSize;
  inputs: string[];
  shape: readonly number[];
  /** Units to write, and where the slice's part starts. */
  count: number;
  offset: number;
  slice: BatchSlice;
  /** WGSL that adds to `sum`, knowing index and d, its unit within the head. */
  body: string;
};

function unitOutput({ name, size, inputs, shape, count, offset, slice, body }: UnitOutput): WgslKernel {
  const quads = isQuads(size);
  return {
    name,
    inputs: inputs.map((input) => ({ name: input, vec4: quads && input !== "weights" })),
    outputShape: shape,
    outputVec4: quads,
    invocations: count,
    workgroupSize: 64,
    uniforms: { ...uniformsOf(size, slice), count: { i32: count }, offset: { i32: offset } },
    code: `
fn main(index : i32) {
  if (index >= uniforms.count) { return; }
  let d = index % uniforms.units;
  var sum = ${quads ? "vec4<f32>(0.0)" : "0.0"};
  ${body}
  result[uniforms.offset + index] = sum;
}`,
  };
}
