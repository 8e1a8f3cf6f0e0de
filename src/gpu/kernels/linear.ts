/**
 * Linear maps with a frozen weight in panels of 8 outputs (weightLayout.ts), in both directions, register-tiled. Two
 * ways to share the work:
 * - "tile": one invocation per tile, no workgroup memory. Best when there are many tiles, and on software adapters.
 * - "split": one workgroup of 64 per tile, each invocation taking every 64th step of the sum, added at the end in a
 *   fixed order. Keeps a GPU busy when there are few rows (one row is the matrix-vector product of generation).
 * Both add in an order that depends on nothing but the shapes, so two runs give the same bits.
 */
import { PANEL } from "../weightLayout";
import type { WgslKernel } from "./program";
import { unroll, writtenOnce } from "./text";
import { LANES, tileText, tileUniforms } from "./tiles";
import type { Sharing } from "./tiles";
import { weightReader } from "./weightReaders";

export type LinearSize = { rows: number; inFeatures: number; outFeatures: number; layout: string };

/** Fewer tiles than this leave a GPU idle unless each is split (a mid-range GPU keeps some 20,000 invocations). */
const TILES_TO_FILL_A_GPU = 16_384;

/**
 * y [rows, out] = x [rows, in] W + bias. Inputs: x, weight, bias. Without `hasBias` the bias is a number nobody uses:
 * one text for both halves the pipelines a device has to compile.
 */
export function linearForward(size: LinearSize, hasBias: boolean, isSoftware: boolean): WgslKernel {
  const { rows, inFeatures, outFeatures, layout } = size;
  const quads = inFeatures % 4 === 0;
  const shape = { rows, columns: outFeatures, steps: quads ? inFeatures / 4 : inFeatures };
  return tiledKernel(`linear-${layout}`, shape, isSoftware, {
    inputs: [{ name: "x", vec4: quads }, { name: "weight", vec4: true }, { name: "bias" }],
    uniforms: { inFeatures: { i32: inFeatures }, hasBias: { i32: hasBias ? 1 : 0 } },
    text: (tileRows, sharing) => forwardText(tileRows, quads, layout, sharing),
  });
}

/** dx [rows, in] = dy [rows, out] Wᵀ. Inputs: dy, weight. */
export function linearInputGradient(size: LinearSize, isSoftware: boolean): WgslKernel {
  const { rows, inFeatures, outFeatures, layout } = size;
  const wholePanels = outFeatures % PANEL === 0;
  const shape = { rows, columns: inFeatures, steps: Math.ceil(outFeatures / PANEL) };
  return tiledKernel(`linearInputGradient-${layout}`, shape, isSoftware, {
    inputs: [
      { name: "dy", vec4: wholePanels },
      { name: "weight", vec4: true },
    ],
    uniforms: { outFeatures: { i32: outFeatures } },
    text: (tileRows, sharing) => gradientText(tileRows, wholePanels, layout, sharing),
  });
}

type Shape = { rows: number; columns: number; steps: number };
type Parts = Pick<WgslKernel, "inputs" | "uniforms"> & {
  text: (tileRows: number, sharing: Sharing) => string;
};

function tiledKernel(
  name: string,
  { rows, columns, steps }: Shape,
  isSoftware: boolean,
  parts: Parts,
): WgslKernel {
  const tileRows = chooseTileRows(rows);
  const uniforms = tileUniforms(rows, columns, steps, tileRows);
  const tiles = uniforms.tiles.i32;
  const sharing = isSoftware || tiles >= TILES_TO_FILL_A_GPU ? "tile" : "split";
  return {
    name: `${name}-${sharing}`,
    inputs: parts.inputs,
    outputShape: [rows, columns],
    invocations: sharing === "tile" ? tiles : tiles * LANES,
    workgroupSize: LANES,
    uniforms: { ...uniforms, ...parts.uniforms },
    code: parts.text(tileRows, sharing),
  };
}

/** One row has a tile of its own (generation); a few rows pay for eight rather than for another pipeline. */
function chooseTileRows(rows: number): number {
  return rows === 1 ? 1 : 8;
}

const forwardText = writtenOnce((tileRows: number, quads: boolean, layout: string, sharing: Sharing) => {
  const step = quads ? forwardStepOfFour(tileRows, layout) : forwardStepOfOne(tileRows, layout);
  const finish = (sum: string) => `${sum} + select(0.0, bias[column], uniforms.hasBias == 1)`;
  return tileText({ tileRows, functions: weightReader(layout).functions, step, finish }, sharing);
});

const FORWARD_PLACE = { panel: "tileColumn", inFeatures: "uniforms.inFeatures" };

/** x is read four steps at a time. */
function forwardStepOfFour(tileRows: number, layout: string): string {
  const place = { ...FORWARD_PLACE, input: "step * 4", count: 4 } as const;
  return `
    ${unroll(tileRows, (r) => `let x${r} = x[row${r} * (uniforms.inFeatures / 4) + step];`)}
    ${weightReader(layout).rows(place, (j) => addRows(tileRows, (r) => `x${r}[${j}]`))}`;
}

/** The same for an odd number of inputs, whose rows do not start at multiples of four. */
function forwardStepOfOne(tileRows: number, layout: string): string {
  const place = { ...FORWARD_PLACE, input: "step", count: 1 } as const;
  const x = (row: number) => `x[row${row} * uniforms.inFeatures + step]`;
  return weightReader(layout).rows(place, () => addRows(tileRows, x));
}

/** Adds x · (one row of a panel) to every row's sums. */
function addRows(tileRows: number, x: (row: number) => string): string {
  const add = (r: number, half: number, weights: string) =>
    `sum${r}_${half} = fma(vec4<f32>(${x(r)}), ${weights}, sum${r}_${half});`;
  return unroll(tileRows, (r) => `${add(r, 0, "low")} ${add(r, 1, "high")}`);
}

const gradientText = writtenOnce(
  (tileRows: number, wholePanels: boolean, layout: string, sharing: Sharing) => {
    const step = gradientStep(tileRows, wholePanels, layout);
    const functions = weightReader(layout).functions + (wholePanels ? "" : GUARDED_DY);
    return tileText({ tileRows, functions, step, finish: (sum) => sum }, sharing);
  },
);

/** One panel: 8 outputs' dy against the weights of 8 inputs. */
function gradientStep(tileRows: number, wholePanels: boolean, layout: string): string {
  const load = (row: number, half: number) =>
    wholePanels
      ? `dy[row${row} * (uniforms.outFeatures / 4) + step * 2 + ${half}]`
      : `vec4<f32>(${[0, 1, 2, 3].map((lane) => `dyAt(row${row}, step * 8 + ${4 * half + lane})`).join(", ")})`;
  const place = { panel: "step", input: "tileColumn * 8", count: PANEL, inFeatures: "uniforms.columns" };
  return `
    ${unroll(tileRows, (r) => `let dyLow${r} = ${load(r, 0)}; let dyHigh${r} = ${load(r, 1)};`)}
    ${weightReader(layout).rows(place, (input) => addInput(tileRows, input))}`;
}

/** Inputs beyond the last read another panel's weights; their sums are not written. */
function addInput(tileRows: number, input: number): string {
  const half = input < 4 ? 0 : 1;
  const sum = (r: number) => `sum${r}_${half}[${input % 4}]`;
  return unroll(tileRows, (r) => `${sum(r)} = ${sum(r)} + dot(dyLow${r}, low) + dot(dyHigh${r}, high);`);
}

/** The last panel is padded: beyond it lies the next row, and 0 · NaN is NaN. */
const GUARDED_DY = `
fn dyAt(row : i32, column : i32) -> f32 {
  if (column >= uniforms.outFeatures) { return 0.0; }
  return dy[row * uniforms.outFeatures + column];
}`;
