/**
 * Kernels that reduce along rows [rows, width] and then write along them: norms, softmax, losses. Two ways to share:
 * "serial" gives each row to one invocation, "together" to a workgroup of 64 that adds through workgroup memory in a
 * fixed order. Rows beyond the last (workgroups come in folded grids) get a width of zero and write nothing; tfjs's own
 * softmax lacks that guard and corrupts the last element beyond 65,535 rows (platform.md 1.3, trap 3).
 */
import type { WgslKernel } from "./program";

export type RowSharing = "serial" | "together";

const LANES = 64;
/** Below these a row alone keeps an invocation busy for too short, or there are rows enough for a whole GPU. */
const WIDTH_WORTH_SHARING = 48;
const ROWS_TO_FILL_A_GPU = 16_384;

export type RowKernel = {
  name: string;
  inputs: WgslKernel["inputs"];
  outputShape: readonly number[];
  rows: number;
  /** Length of a row, and so of the loops: `for (var i = first; i < width; i = i + stride)`. */
  width: number;
  uniforms?: WgslKernel["uniforms"];
  functions?: string;
  /**
   * WGSL that knows row, at (= row · width), first, stride, width, and may call sumOverRow(lane, x) and
   * maxOverRow(lane, x) outside of branches and loops.
   */
  body: string;
};

/** Builds the kernel; the choice of sharing depends on shapes and adapter only. */
export function rowKernel(kernel: RowKernel, isSoftware: boolean, forced?: RowSharing): WgslKernel {
  const { rows, width } = kernel;
  const sharing = forced ?? chooseRowSharing(rows, width, isSoftware);
  const lanes = sharing === "serial" ? 1 : LANES;
  return {
    name: `${kernel.name}-${sharing}`,
    inputs: kernel.inputs,
    outputShape: kernel.outputShape,
    invocations: rows * lanes,
    workgroupSize: LANES,
    uniforms: { ...kernel.uniforms, rows: { i32: rows }, width: { i32: width } },
    code: `
${sharing === "serial" ? SERIAL : TOGETHER}
${kernel.functions ?? ""}
fn main(index : i32) {
  let lane = index % ${LANES};
  let row = index / ${lanes};
  let width = select(0, uniforms.width, row < uniforms.rows);
  let first = ${sharing === "serial" ? "0" : "lane"};
  let stride = ${lanes};
  let at = row * uniforms.width;
  ${kernel.body}
}`,
  };
}

/** How many terms are added before they join the total: a plain float32 sum of a vocabulary loses three digits. */
const BLOCK = 128;

/** WGSL that defines `name` as the sum along the row of `term`, an expression in i, the same for all of its lanes. */
export function sumAlongRow(name: string, term: string): string {
  return `
  var ${name}OfLane = 0.0;
  for (var block = first; block < width; block = block + ${BLOCK} * stride) {
    let end = min(width, block + ${BLOCK} * stride);
    var part = 0.0;
    for (var i = block; i < end; i = i + stride) { part = part + ${term}; }
    ${name}OfLane = ${name}OfLane + part;
  }
  let ${name} = sumOverRow(lane, ${name}OfLane);`;
}

export function chooseRowSharing(rows: number, width: number, isSoftware: boolean): RowSharing {
  const serial = isSoftware || width < WIDTH_WORTH_SHARING || rows >= ROWS_TO_FILL_A_GPU;
  return serial ? "serial" : "together";
}

/** True for the one invocation that writes a row's single number. */
export const ROW_WRITER = "row < uniforms.rows && first == 0";

const SERIAL = `
fn sumOverRow(lane : i32, value : f32) -> f32 { return value; }
fn maxOverRow(lane : i32, value : f32) -> f32 { return value; }`;

const TOGETHER = `
var<workgroup> laneValues : array<f32, ${LANES}>;
fn shareLane(lane : i32, value : f32) {
  workgroupBarrier(); // the readers of the reduction before are done
  laneValues[lane] = value;
  workgroupBarrier();
}
fn sumOverRow(lane : i32, value : f32) -> f32 {
  shareLane(lane, value);
  var total = 0.0;
  for (var other = 0; other < ${LANES}; other = other + 1) { total = total + laneValues[other]; }
  return total;
}
fn maxOverRow(lane : i32, value : f32) -> f32 {
  shareLane(lane, value);
  var total = laneValues[0];
  for (var other = 1; other < ${LANES}; other = other + 1) { total = max(total, laneValues[other]); }
  return total;
}`;
