/**
 * Linear maps with a frozen weight in panels of 8 outputs (weightLayout.ts), in both directions, register-tiled: every
 * invocation sums `rows × 8` numbers. Two ways to share the work:
 * - "tile": one invocation per tile, no workgroup memory. Best when there are many tiles, and on software adapters.
 * - "split": one workgroup of 64 per tile, each invocation taking every 64th step of the sum, added at the end in a
 *   fixed order. Keeps a GPU busy when there are few rows (one row is the matrix-vector product of generation).
 * Both add in an order that depends on nothing but the shapes, so two runs give the same bits.
 */
import { PANEL } from "../weightLayout";
import type { WgslKernel } from "./program";
import { unroll } from "./text";

export type LinearSize = { rows: number; inFeatures: number; outFeatures: number };
export type Sharing = "tile" | "split";

const LANES = 64;
/** Fewer tiles than this leave a GPU idle unless each is split (a mid-range GPU keeps some 20,000 invocations). */
const TILES_TO_FILL_A_GPU = 16_384;

/** Chooses how the work is shared; `isSoftware` adapters pay dearly for barriers and have few lanes to fill. */
export function chooseSharing(tiles: number, isSoftware: boolean): Sharing {
  return isSoftware || tiles >= TILES_TO_FILL_A_GPU ? "tile" : "split";
}

/** y [rows, out] = x [rows, in] W + bias. Inputs: x, weight, bias (read only with `hasBias`). */
export function linearForward(
  size: LinearSize,
  hasBias: boolean,
  isSoftware: boolean,
  forced?: Sharing,
): WgslKernel {
  const { rows, inFeatures, outFeatures } = size;
  const tileRows = chooseTileRows(rows);
  const tiles = Math.ceil(rows / tileRows) * Math.ceil(outFeatures / PANEL);
  const sharing = forced ?? chooseSharing(tiles, isSoftware);
  const quads = inFeatures % 4 === 0;
  return tiledKernel({
    name: "linear",
    inputs: [
      { name: "x", vec4: quads },
      { name: "weight", vec4: true },
      ...(hasBias ? [{ name: "bias" }] : []),
    ],
    size: { rows, columns: outFeatures, steps: quads ? inFeatures / 4 : inFeatures },
    uniforms: { inFeatures: { i32: inFeatures } },
    tileRows,
    sharing,
    step: quads ? forwardStepOfFour(tileRows) : forwardStepOfOne(tileRows),
    finish: hasBias ? (sum) => `${sum} + bias[column]` : (sum) => sum,
  });
}

/** dx [rows, in] = dy [rows, out] Wᵀ. Inputs: dy, weight. */
export function linearInputGradient(size: LinearSize, isSoftware: boolean, forced?: Sharing): WgslKernel {
  const { rows, inFeatures, outFeatures } = size;
  const tileRows = chooseTileRows(rows);
  const tiles = Math.ceil(rows / tileRows) * Math.ceil(inFeatures / PANEL);
  const sharing = forced ?? chooseSharing(tiles, isSoftware);
  const wholePanels = outFeatures % PANEL === 0;
  return tiledKernel({
    name: "linearInputGradient",
    inputs: [
      { name: "dy", vec4: wholePanels },
      { name: "weight", vec4: true },
    ],
    size: { rows, columns: inFeatures, steps: Math.ceil(outFeatures / PANEL) },
    uniforms: { outFeatures: { i32: outFeatures } },
    tileRows,
    sharing,
    step: gradientStep(tileRows, wholePanels),
    finish: (sum) => sum,
  });
}

function chooseTileRows(rows: number): number {
  if (rows === 1) return 1;
  return rows <= 4 ? 4 : 8;
}

/** x is read four steps at a time; `sum<r>_<h>` holds row r's columns 4h … 4h + 3. */
function forwardStepOfFour(tileRows: number): string {
  return `
    ${unroll(tileRows, (r) => `let x${r} = x[row${r} * (uniforms.inFeatures / 4) + step];`)}
    let at = (tileColumn * uniforms.inFeatures + step * 4) * 2;
    ${unroll(4, (j) => multiplyRow(tileRows, `at + ${2 * j}`, (r) => `x${r}[${j}]`))}`;
}

/** The same for an odd number of inputs, whose rows do not start at multiples of four. */
function forwardStepOfOne(tileRows: number): string {
  const at = "(tileColumn * uniforms.inFeatures + step) * 2";
  return multiplyRow(tileRows, at, (r) => `x[row${r} * uniforms.inFeatures + step]`);
}

/** Adds x · (one row of a panel) to every row's sums. */
function multiplyRow(tileRows: number, at: string, x: (row: number) => string): string {
  return `{
      let low = weight[${at}];
      let high = weight[${at} + 1];
      ${unroll(tileRows, (r) => `sum${r}_0 = fma(vec4<f32>(${x(r)}), low, sum${r}_0); sum${r}_1 = fma(vec4<f32>(${x(r)}), high, sum${r}_1);`)}
    }`;
}

/** One panel: 8 outputs' dy against the weights of 8 inputs. */
function gradientStep(tileRows: number, wholePanels: boolean): string {
  const load = (row: number, half: number) =>
    wholePanels
      ? `dy[row${row} * (uniforms.outFeatures / 4) + step * 2 + ${half}]`
      : `vec4<f32>(${[0, 1, 2, 3].map((lane) => `dyAt(row${row}, step * 8 + ${4 * half + lane})`).join(", ")})`;
  return `
    ${unroll(tileRows, (r) => `let low${r} = ${load(r, 0)}; let high${r} = ${load(r, 1)};`)}
    let panel = step * uniforms.columns;
    ${unroll(PANEL, (i) => {
      const sum = (r: number) => `sum${r}_${i < 4 ? 0 : 1}[${i % 4}]`;
      // Inputs beyond the last read another panel's weights; their sums are not written.
      return `{
      let low = weight[(panel + tileColumn * 8 + ${i}) * 2];
      let high = weight[(panel + tileColumn * 8 + ${i}) * 2 + 1];
      ${unroll(tileRows, (r) => `${sum(r)} = ${sum(r)} + dot(low${r}, low) + dot(high${r}, high);`)}
    }`;
    })}`;
}

const GUARDED_DY = `
fn dyAt(row : i32, column : i32) -> f32 {
  // The last panel is padded: beyond it lies the next row, and 0 · NaN is NaN.
  if (column >= uniforms.outFeatures) { return 0.0; }
  return dy[row * uniforms.outFeatures + column];
}`;

type Tiling = {
  name: string;
  inputs: WgslKernel["inputs"];
  /** `columns` of the output are cut into tiles of 8; `steps` is the length of the sum's loop. */
  size: { rows: number; columns: number; steps: number };
  uniforms: WgslKernel["uniforms"];
  tileRows: number;
  sharing: Sharing;
  /** WGSL of one step: adds to sum<r>_0 and sum<r>_1, knowing row<r>, tileColumn and step. */
  step: string;
  finish: (sum: string) => string;
};

function tiledKernel(tiling: Tiling): WgslKernel {
  const { name, inputs, size, tileRows, sharing } = tiling;
  const tileColumns = Math.ceil(size.columns / 8);
  const tiles = Math.ceil(size.rows / tileRows) * tileColumns;
  const body = sharing === "tile" ? wholeTile(tiling) : splitTile(tiling);
  const guardedDy = inputs[0]?.name === "dy" && !inputs[0].vec4 ? GUARDED_DY : "";
  return {
    name: `${name}-${sharing}`,
    inputs,
    outputShape: [size.rows, size.columns],
    invocations: sharing === "tile" ? tiles : tiles * LANES,
    workgroupSize: LANES,
    uniforms: {
      ...tiling.uniforms,
      rows: { i32: size.rows },
      columns: { i32: size.columns },
      steps: { i32: size.steps },
      rowTiles: { i32: Math.ceil(size.rows / tileRows) },
      tiles: { i32: tiles },
    },
    code: `${guardedDy}\n${body}`,
  };
}

/** Neighbouring invocations take the same 8 columns of different rows: they read the same weights. */
function tileStart(tileRows: number): string {
  return `
  let tileColumn = tile / uniforms.rowTiles;
  let firstRow = (tile % uniforms.rowTiles) * ${tileRows};
  ${unroll(tileRows, (r) => `let row${r} = min(firstRow + ${r}, uniforms.rows - 1);`)}
  ${unroll(tileRows, (r) => `var sum${r}_0 = vec4<f32>(0.0); var sum${r}_1 = vec4<f32>(0.0);`)}`;
}

function wholeTile({ tileRows, step, finish }: Tiling): string {
  return `
fn write(row : i32, column : i32, sum : f32) {
  if (row < uniforms.rows && column < uniforms.columns) {
    result[row * uniforms.columns + column] = ${finish("sum")};
  }
}
fn main(tile : i32) {
  if (tile >= uniforms.tiles) { return; }
  ${tileStart(tileRows)}
  for (var step = 0; step < uniforms.steps; step = step + 1) {
    ${step}
  }
  let column = tileColumn * 8;
  ${unroll(tileRows, (r) => unroll(8, (c) => `write(firstRow + ${r}, column + ${c}, sum${r}_${c < 4 ? 0 : 1}[${c % 4}]);`))}
}`;
}

/** No early return: a barrier must be reached by all. Workgroups beyond the last tile sum nothing and write nothing. */
function splitTile({ tileRows, step, finish }: Tiling): string {
  const sums = tileRows * 8;
  return `
var<workgroup> partial : array<f32, ${LANES * sums}>;
fn main(index : i32) {
  let lane = index % ${LANES};
  let tile = index / ${LANES};
  ${tileStart(tileRows)}
  let steps = select(0, uniforms.steps, tile < uniforms.tiles);
  for (var step = lane; step < steps; step = step + ${LANES}) {
    ${step}
  }
  let start = lane * ${sums};
  ${unroll(tileRows, (r) => unroll(8, (c) => `partial[start + ${8 * r + c}] = sum${r}_${c < 4 ? 0 : 1}[${c % 4}];`))}
  workgroupBarrier();
  if (lane < ${sums}) {
    var sum = 0.0;
    for (var other = 0; other < ${LANES}; other = other + 1) { sum = sum + partial[other * ${sums} + lane]; }
    let row = firstRow + lane / 8;
    let column = tileColumn * 8 + lane % 8;
    if (tile < uniforms.tiles && row < uniforms.rows && column < uniforms.columns) {
      result[row * uniforms.columns + column] = ${finish("sum")};
    }
  }
}`;
}
