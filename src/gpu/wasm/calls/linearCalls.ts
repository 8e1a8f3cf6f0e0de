/** Linear maps, their gradient, lookups and products of plain matrices. */
import { linearInputGradientKernel, linearKernel, lookupKernel } from "../../specs/linear";
import { matmulKernel } from "../../specs/matmul";
import { INT8_BLOCK, PANEL } from "../../weightLayout";
import type { Cut } from "../kernelTeam";
import { extent, on, out, type WasmKernel } from "./wasmCall";

/** The numbers of assembly/packed.ts; a layout that is not here holds float32 panels. */
const PACKED_LAYOUTS: Readonly<Record<string, number | undefined>> = {
  panels8Float16: 1,
  panels8Bfloat16: 2,
  panels8Int8: 3,
};

/** Bytes by which a panel grows with an input, over blocks of 32: the weights of its 8 outputs and their scales. */
const BYTES_PER_INPUT: Readonly<Record<string, number>> = {
  panels8: 32,
  panels8Float16: 16,
  panels8Bfloat16: 16,
  panels8Int8: 9,
};

/** Bytes of one panel. */
function panelBytes({ layout, inFeatures }: { layout: string; inFeatures: number }): number {
  const whole = layout === "panels8Int8" ? INT8_BLOCK * Math.ceil(inFeatures / INT8_BLOCK) : inFeatures;
  return whole * BYTES_PER_INPUT[layout]!;
}

export const LINEAR: readonly WasmKernel[] = [
  on(linearKernel, (call) => {
    const { inputs, attrs, team } = call;
    const { inFeatures, outFeatures } = attrs;
    const rows = extent(inputs.x, 0);
    const bias = attrs.hasBias ? inputs.bias.at : 0;
    const packed = PACKED_LAYOUTS[attrs.layout];
    const values = [inputs.x.at, inputs.weight.at, bias, out(call), rows, inFeatures, outFeatures];
    const cut: Cut = {
      units: outFeatures,
      multiple: PANEL,
      work: rows * inFeatures * outFeatures,
      unitsAt: 6,
      steps: { 1: panelBytes(attrs) / PANEL, 2: attrs.hasBias ? 4 : 0, 3: 4 },
    };
    if (packed === undefined) return team.run("linear", [...values, 4 * outFeatures], cut);
    const floats = PANEL * inFeatures;
    const scratch = call.scratch(floats * team.threads);
    team.run("linearPacked", [...values, 4 * outFeatures, packed, scratch], {
      ...cut,
      scratch: { at: 9, bytes: 4 * floats },
    });
  }),
  on(linearInputGradientKernel, (call) => {
    const { inputs, attrs, team } = call;
    const { inFeatures, outFeatures } = attrs;
    const rows = extent(inputs.dy, 0);
    const packed = PACKED_LAYOUTS[attrs.layout];
    const floats =
      packed === undefined
        ? team.kernels.linearInputGradientScratch()
        : team.kernels.linearPackedInputGradientScratch();
    const sizes = [rows, inFeatures, outFeatures, panelBytes(attrs), 4 * inFeatures];
    const values = [inputs.dy.at, inputs.weight.at, out(call), ...sizes];
    const scratch = call.scratch(floats * team.threads);
    const cut: Cut = {
      units: inFeatures,
      multiple: INT8_BLOCK,
      work: rows * inFeatures * outFeatures,
      unitsAt: 4,
      steps: { 1: BYTES_PER_INPUT[attrs.layout]!, 2: 4 },
      scratch: { at: packed === undefined ? 8 : 9, bytes: 4 * floats },
    };
    if (packed === undefined) team.run("linearInputGradient", [...values, scratch], cut);
    else team.run("linearPackedInputGradient", [...values, packed, scratch], cut);
  }),
  on(lookupKernel, (call) => {
    const { inputs, attrs, team } = call;
    const sizes = [extent(inputs.ids, 0), attrs.inFeatures, attrs.outFeatures, attrs.firstRow];
    const values = [inputs.ids.at, inputs.weight.at, out(call), ...sizes];
    const packed = PACKED_LAYOUTS[attrs.layout];
    if (packed === undefined) team.run("lookup", values);
    else team.run("lookupPacked", [...values, packed, call.scratch(PANEL * attrs.inFeatures)]);
  }),
  on(matmulKernel, (call) => {
    const { a, b } = call.inputs;
    const { transposeA, transposeB } = call.attrs;
    const rows = extent(a, transposeA ? 1 : 0);
    const inner = extent(a, transposeA ? 0 : 1);
    const columns = extent(b, transposeB ? 0 : 1);
    const scratch = call.scratch(Math.ceil(columns / PANEL) * PANEL * inner);
    const flags = [Number(transposeA), Number(transposeB)];
    call.team.kernels.matmul(a.at, b.at, out(call), rows, inner, columns, ...flags, scratch);
  }),
];
