/**
 * Our kernels on the wasm backend: which export computes which spec, from addresses and shapes. Everything here is
 * bookkeeping; the arithmetic is in assembly/.
 */
import type { Attributes, KernelSpec } from "../kernelSpec";
import {
  activationGradientKernel,
  activationKernel,
  gatedActivationGradientKernel,
  gatedActivationKernel,
} from "../specs/activation";
import type { ActivationKind } from "../specs/activation";
import {
  attentionGradientKernel,
  attentionKernel,
  attentionProbabilitiesKernel,
  attentionSize,
} from "../specs/attention";
import type { AttentionAttributes } from "../specs/attention";
import { linearInputGradientKernel, linearKernel, lookupKernel } from "../specs/linear";
import {
  crossEntropyGradientKernel,
  crossEntropyKernel,
  klDivergenceGradientKernel,
  klDivergenceKernel,
  softmaxGradientKernel,
  softmaxKernel,
} from "../specs/loss";
import { matmulKernel } from "../specs/matmul";
import { layerNormKernel, normaliseGradientKernel, rmsNormKernel } from "../specs/normalise";
import { ropeKernel } from "../specs/rope";
import { gatherRowsKernel, scatterRowsKernel } from "../specs/rows";
import { INT8_BLOCK, PANEL } from "../weightLayout";
import type { Cut, KernelTeam } from "./kernelTeam";

/** A tensor as a kernel sees it. */
export interface Operand {
  readonly at: number;
  readonly shape: readonly number[];
}

export interface WasmCall<Input extends string, A extends Attributes> {
  readonly team: KernelTeam;
  readonly inputs: Readonly<Record<Input, Operand>>;
  readonly outputs: readonly Operand[];
  readonly attrs: A;
  /** Memory for `floats` values, freed when the call returns. */
  scratch(floats: number): number;
}

export interface WasmKernel {
  readonly spec: KernelSpec;
  compute(call: WasmCall<string, Attributes>): void;
}

/** Pairs a spec with its computation; the types of the pair are checked, then forgotten. */
function on<Input extends string, A extends Attributes>(
  spec: KernelSpec<Input, A>,
  compute: (call: WasmCall<Input, A>) => void,
): WasmKernel {
  return { spec, compute } as unknown as WasmKernel;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** What an activation or a term of softmax costs, in multiplications. */
const EXP = 10;

/** Rows and width of the last axis. */
function rowsOf({ shape }: Operand): [number, number] {
  const width = shape[shape.length - 1] as number;
  return [width === 0 ? 0 : count(shape) / width, width];
}

/**
 * How a kernel is cut whose rows do not depend on each other. Its first arguments are addresses, each with the bytes of
 * a row there, then comes the number of rows.
 * @param work multiplications or their like per number, one call of exp being some ten
 */
function byRows(rowBytes: readonly number[], rows: number, work: number, multiple = 1): Cut {
  const steps = Object.fromEntries(rowBytes.entries());
  return { units: rows, multiple, work: work * rows, unitsAt: rowBytes.length, steps };
}

/** The same for numbers that do not depend on each other. */
const byNumbers = (addresses: number, numbers: number, work: number): Cut =>
  byRows(new Array<number>(addresses).fill(4), numbers, work, 64);

const out = (call: { readonly outputs: readonly Operand[] }, index = 0): number =>
  (call.outputs[index] as Operand).at;
const extent = (operand: Operand, axis: number): number => operand.shape[axis] as number;

/** The order of assembly/activation.ts. */
const KINDS: Readonly<Record<ActivationKind, number>> = { silu: 0, gelu: 1, gelu_new: 2, gelu_tanh: 2 };

/** The sizes every attention kernel takes, in its order. */
function attentionSizes(
  inputs: Readonly<Record<"query" | "key" | "prefixKey", Operand>>,
  attrs: AttentionAttributes,
): { sizes: number[]; total: number; headDim: number; cut: RowCut } {
  const shapes = { query: inputs.query.shape, key: inputs.key.shape, prefixKey: inputs.prefixKey.shape };
  const s = attentionSize(shapes, attrs);
  const sizes = [s.batch, s.prefixBatch, s.prefix, s.queries, s.keys, s.heads, s.keyValueHeads, s.headDim];
  const total = s.prefix + s.keys;
  const cut: RowCut = (rowsOfQuery, rowsOfKey, unitsAt, scratch) => {
    // Rows that look back on prefixes of their own would have to be cut together with these.
    if (s.prefixBatch > 1) return undefined;
    const queryBytes = 4 * s.queries * s.heads * s.headDim;
    const keyBytes = 4 * s.keys * s.keyValueHeads * s.headDim;
    const steps = Object.fromEntries([
      ...rowsOfQuery.map((at) => [at, queryBytes] as const),
      ...rowsOfKey.map((at) => [at, keyBytes] as const),
    ]);
    const work = 2 * s.batch * s.heads * s.queries * total * s.headDim;
    return { units: s.batch, multiple: 1, work, unitsAt, steps, scratch };
  };
  return { sizes: [...sizes, s.scale, s.window], total, headDim: s.headDim, cut };
}

/** Cuts attention between the rows of its batch; says which arguments are rows of queries, and which of keys. */
type RowCut = (
  rowsOfQuery: readonly number[],
  rowsOfKey: readonly number[],
  unitsAt: number,
  scratch: { at: number; bytes: number },
) => Cut | undefined;

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

const LINEAR: readonly WasmKernel[] = [
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

const ATTENTION: readonly WasmKernel[] = [
  on(attentionKernel, (call) => {
    const { query, key, value, prefixKey, prefixValue } = call.inputs;
    const { sizes, total, headDim, cut } = attentionSizes(call.inputs, call.attrs);
    const floats = call.team.kernels.attentionScratch(total, headDim);
    const addresses = [query.at, key.at, value.at, prefixKey.at, prefixValue.at, out(call)];
    const values = [...addresses, ...sizes, call.scratch(floats * call.team.threads)];
    call.team.run("attention", values, cut([0, 5], [1, 2], 6, { at: 16, bytes: 4 * floats }));
  }),
  on(attentionGradientKernel, (call) => {
    const { dy, query, key, value, prefixKey, prefixValue } = call.inputs;
    const { sizes, total, headDim, cut } = attentionSizes(call.inputs, call.attrs);
    const floats = call.team.kernels.attentionGradientScratch(total, headDim);
    const addresses = [dy.at, query.at, key.at, value.at, prefixKey.at, prefixValue.at];
    const outputs = [out(call), out(call, 1), out(call, 2)];
    const values = [...addresses, ...outputs, ...sizes, call.scratch(floats * call.team.threads)];
    const scratch = { at: 19, bytes: 4 * floats };
    call.team.run("attentionGradient", values, cut([0, 1, 6], [2, 3, 7, 8], 9, scratch));
  }),
  on(attentionProbabilitiesKernel, (call) => {
    const { query, key, prefixKey } = call.inputs;
    const { sizes, total, headDim } = attentionSizes(call.inputs, call.attrs);
    const scratch = call.scratch(call.team.kernels.attentionScratch(total, headDim));
    call.team.kernels.attentionProbabilities(query.at, key.at, prefixKey.at, out(call), ...sizes, scratch);
  }),
  on(ropeKernel, (call) => {
    const { x, cos, sin } = call.inputs;
    const { heads, headDim, rotaryDims, style, firstPosition, transposed } = call.attrs;
    const [batch, positions] = [extent(x, 0), extent(x, 1)];
    const sizes = [batch * positions, positions, heads, headDim, rotaryDims / 2];
    const mode = [Number(style === "interleaved"), firstPosition, transposed ? -1 : 1];
    call.team.kernels.rope(x.at, cos.at, sin.at, out(call), ...sizes, ...mode);
  }),
];

const ROWS: readonly WasmKernel[] = [
  on(layerNormKernel, (call) => {
    const { x, gain, bias } = call.inputs;
    call.team.kernels.normalise(x.at, gain.at, bias.at, out(call), ...rowsOf(x), call.attrs.eps);
  }),
  on(rmsNormKernel, (call) => {
    const { x, gain } = call.inputs;
    call.team.kernels.normalise(x.at, gain.at, 0, out(call), ...rowsOf(x), call.attrs.eps);
  }),
  on(normaliseGradientKernel, (call) => {
    const { dy, x, gain } = call.inputs;
    const { eps, centred } = call.attrs;
    call.team.kernels.normaliseGradient(dy.at, x.at, gain.at, out(call), ...rowsOf(x), eps, Number(centred));
  }),
  on(softmaxKernel, (call) => {
    const { x } = call.inputs;
    const [rows, width] = rowsOf(x);
    const values = [x.at, out(call), rows, width, Number(call.attrs.log)];
    call.team.run("softmax", values, byRows([4 * width, 4 * width], rows, EXP * width));
  }),
  on(softmaxGradientKernel, (call) => {
    const { dy, y } = call.inputs;
    const [rows, width] = rowsOf(y);
    const values = [dy.at, y.at, out(call), rows, width, Number(call.attrs.log)];
    call.team.run("softmaxGradient", values, byRows([4 * width, 4 * width, 4 * width], rows, EXP * width));
  }),
  on(crossEntropyKernel, (call) => {
    const { logits, targets } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [logits.at, targets.at, out(call), rows, width];
    call.team.run("crossEntropy", values, byRows([4 * width, 4, 4], rows, EXP * width));
  }),
  on(crossEntropyGradientKernel, (call) => {
    const { dy, logits, targets } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [dy.at, logits.at, targets.at, out(call), rows, width];
    const cut = byRows([4, 4 * width, 4, 4 * width], rows, 2 * EXP * width);
    call.team.run("crossEntropyGradient", values, cut);
  }),
  on(klDivergenceKernel, (call) => {
    const { reference, logits } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [reference.at, logits.at, out(call), rows, width];
    call.team.run("klDivergence", values, byRows([4 * width, 4 * width, 4], rows, 2 * EXP * width));
  }),
  on(klDivergenceGradientKernel, (call) => {
    const { dy, reference, logits } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [dy.at, reference.at, logits.at, out(call), rows, width];
    const cut = byRows([4, 4 * width, 4 * width, 4 * width], rows, 2 * EXP * width);
    call.team.run("klDivergenceGradient", values, cut);
  }),
  on(gatherRowsKernel, (call) => {
    const { x, rows } = call.inputs;
    call.team.kernels.gatherRows(x.at, rows.at, out(call), extent(rows, 0), extent(x, 1));
  }),
  on(scatterRowsKernel, (call) => {
    const { dy, rows } = call.inputs;
    call.team.kernels.scatterRows(
      dy.at,
      rows.at,
      out(call),
      extent(rows, 0),
      extent(dy, 1),
      call.attrs.rowCount,
    );
  }),
];

const ACTIVATION: readonly WasmKernel[] = [
  on(activationKernel, (call) => {
    const { x } = call.inputs;
    const numbers = count(x.shape);
    const values = [x.at, out(call), numbers, KINDS[call.attrs.kind]];
    call.team.run("activation", values, byNumbers(2, numbers, EXP));
  }),
  on(activationGradientKernel, (call) => {
    const { dy, x } = call.inputs;
    const numbers = count(x.shape);
    const values = [dy.at, x.at, out(call), numbers, KINDS[call.attrs.kind]];
    call.team.run("activationGradient", values, byNumbers(3, numbers, EXP));
  }),
  on(gatedActivationKernel, (call) => {
    const { gate, up } = call.inputs;
    const numbers = count(gate.shape);
    const values = [gate.at, up.at, out(call), numbers, KINDS[call.attrs.kind]];
    call.team.run("gatedActivation", values, byNumbers(3, numbers, EXP));
  }),
  on(gatedActivationGradientKernel, (call) => {
    const { dy, gate, up } = call.inputs;
    const numbers = count(gate.shape);
    const addresses = [dy.at, gate.at, up.at, out(call), out(call, 1)];
    const values = [...addresses, numbers, KINDS[call.attrs.kind]];
    call.team.run("gatedActivationGradient", values, byNumbers(addresses.length, numbers, EXP));
  }),
];

export const WASM_KERNELS: readonly WasmKernel[] = [...LINEAR, ...ATTENTION, ...ROWS, ...ACTIVATION];
