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
import { PANEL } from "../weightLayout";
import type { KernelExports } from "./kernelModule";

/** A tensor as a kernel sees it. */
export interface Operand {
  readonly at: number;
  readonly shape: readonly number[];
}

export interface WasmCall<Input extends string, A extends Attributes> {
  readonly kernels: KernelExports;
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

/** Rows and width of the last axis. */
function rowsOf({ shape }: Operand): [number, number] {
  const width = shape[shape.length - 1] as number;
  return [width === 0 ? 0 : count(shape) / width, width];
}

const out = (call: { readonly outputs: readonly Operand[] }, index = 0): number =>
  (call.outputs[index] as Operand).at;
const extent = (operand: Operand, axis: number): number => operand.shape[axis] as number;

/** The order of assembly/activation.ts. */
const KINDS: Readonly<Record<ActivationKind, number>> = { silu: 0, gelu: 1, gelu_new: 2, gelu_tanh: 2 };

/** The sizes every attention kernel takes, in its order. */
function attentionSizes(
  inputs: Readonly<Record<"query" | "key" | "prefixKey", Operand>>,
  attrs: AttentionAttributes,
): { sizes: number[]; total: number; headDim: number } {
  const shapes = { query: inputs.query.shape, key: inputs.key.shape, prefixKey: inputs.prefixKey.shape };
  const s = attentionSize(shapes, attrs);
  const sizes = [s.batch, s.prefixBatch, s.prefix, s.queries, s.keys, s.heads, s.keyValueHeads, s.headDim];
  return { sizes: [...sizes, s.scale, s.window], total: s.prefix + s.keys, headDim: s.headDim };
}

/** The numbers of assembly/packed.ts; a layout that is not here holds float32 panels. */
const PACKED_LAYOUTS: Readonly<Record<string, number | undefined>> = {
  panels8Float16: 1,
  panels8Bfloat16: 2,
  panels8Int8: 3,
};

const LINEAR: readonly WasmKernel[] = [
  on(linearKernel, (call) => {
    const { inputs, attrs, kernels } = call;
    const bias = attrs.hasBias ? inputs.bias.at : 0;
    const sizes = [extent(inputs.x, 0), attrs.inFeatures, attrs.outFeatures];
    const packed = PACKED_LAYOUTS[attrs.layout];
    if (packed === undefined) kernels.linear(inputs.x.at, inputs.weight.at, bias, out(call), ...sizes);
    else {
      const rest = [packed, call.scratch(PANEL * attrs.inFeatures)];
      kernels.linearPacked(inputs.x.at, inputs.weight.at, bias, out(call), ...sizes, ...rest);
    }
  }),
  on(linearInputGradientKernel, (call) => {
    const { inputs, attrs, kernels } = call;
    const sizes = [extent(inputs.dy, 0), attrs.inFeatures, attrs.outFeatures];
    const packed = PACKED_LAYOUTS[attrs.layout];
    if (packed === undefined) {
      const scratch = call.scratch(kernels.linearInputGradientScratch());
      kernels.linearInputGradient(inputs.dy.at, inputs.weight.at, out(call), ...sizes, scratch);
    } else {
      const rest = [packed, call.scratch(kernels.linearPackedInputGradientScratch())];
      kernels.linearPackedInputGradient(inputs.dy.at, inputs.weight.at, out(call), ...sizes, ...rest);
    }
  }),
  on(lookupKernel, (call) => {
    const { inputs, attrs, kernels } = call;
    const sizes = [extent(inputs.ids, 0), attrs.inFeatures, attrs.outFeatures, attrs.firstRow];
    const packed = PACKED_LAYOUTS[attrs.layout];
    if (packed === undefined) kernels.lookup(inputs.ids.at, inputs.weight.at, out(call), ...sizes);
    else {
      const rest = [packed, call.scratch(PANEL * attrs.inFeatures)];
      kernels.lookupPacked(inputs.ids.at, inputs.weight.at, out(call), ...sizes, ...rest);
    }
  }),
  on(matmulKernel, (call) => {
    const { a, b } = call.inputs;
    const { transposeA, transposeB } = call.attrs;
    const rows = extent(a, transposeA ? 1 : 0);
    const inner = extent(a, transposeA ? 0 : 1);
    const columns = extent(b, transposeB ? 0 : 1);
    const scratch = call.scratch(Math.ceil(columns / PANEL) * PANEL * inner);
    const flags = [Number(transposeA), Number(transposeB)];
    call.kernels.matmul(a.at, b.at, out(call), rows, inner, columns, ...flags, scratch);
  }),
];

const ATTENTION: readonly WasmKernel[] = [
  on(attentionKernel, (call) => {
    const { query, key, value, prefixKey, prefixValue } = call.inputs;
    const { sizes, total, headDim } = attentionSizes(call.inputs, call.attrs);
    const scratch = call.scratch(call.kernels.attentionScratch(total, headDim));
    const addresses = [query.at, key.at, value.at, prefixKey.at, prefixValue.at, out(call)];
    call.kernels.attention(...addresses, ...sizes, scratch);
  }),
  on(attentionGradientKernel, (call) => {
    const { dy, query, key, value, prefixKey, prefixValue } = call.inputs;
    const { sizes, total, headDim } = attentionSizes(call.inputs, call.attrs);
    const scratch = call.scratch(call.kernels.attentionGradientScratch(total, headDim));
    const addresses = [dy.at, query.at, key.at, value.at, prefixKey.at, prefixValue.at];
    call.kernels.attentionGradient(...addresses, out(call), out(call, 1), out(call, 2), ...sizes, scratch);
  }),
  on(attentionProbabilitiesKernel, (call) => {
    const { query, key, prefixKey } = call.inputs;
    const { sizes, total, headDim } = attentionSizes(call.inputs, call.attrs);
    const scratch = call.scratch(call.kernels.attentionScratch(total, headDim));
    call.kernels.attentionProbabilities(query.at, key.at, prefixKey.at, out(call), ...sizes, scratch);
  }),
  on(ropeKernel, (call) => {
    const { x, cos, sin } = call.inputs;
    const { heads, headDim, rotaryDims, style, firstPosition, transposed } = call.attrs;
    const [batch, positions] = [extent(x, 0), extent(x, 1)];
    const sizes = [batch * positions, positions, heads, headDim, rotaryDims / 2];
    const mode = [Number(style === "interleaved"), firstPosition, transposed ? -1 : 1];
    call.kernels.rope(x.at, cos.at, sin.at, out(call), ...sizes, ...mode);
  }),
];

const ROWS: readonly WasmKernel[] = [
  on(layerNormKernel, (call) => {
    const { x, gain, bias } = call.inputs;
    call.kernels.normalise(x.at, gain.at, bias.at, out(call), ...rowsOf(x), call.attrs.eps);
  }),
  on(rmsNormKernel, (call) => {
    const { x, gain } = call.inputs;
    call.kernels.normalise(x.at, gain.at, 0, out(call), ...rowsOf(x), call.attrs.eps);
  }),
  on(normaliseGradientKernel, (call) => {
    const { dy, x, gain } = call.inputs;
    const { eps, centred } = call.attrs;
    call.kernels.normaliseGradient(dy.at, x.at, gain.at, out(call), ...rowsOf(x), eps, Number(centred));
  }),
  on(softmaxKernel, (call) => {
    const { x } = call.inputs;
    call.kernels.softmax(x.at, out(call), ...rowsOf(x), Number(call.attrs.log));
  }),
  on(softmaxGradientKernel, (call) => {
    const { dy, y } = call.inputs;
    call.kernels.softmaxGradient(dy.at, y.at, out(call), ...rowsOf(y), Number(call.attrs.log));
  }),
  on(crossEntropyKernel, (call) => {
    const { logits, targets } = call.inputs;
    call.kernels.crossEntropy(logits.at, targets.at, out(call), ...rowsOf(logits));
  }),
  on(crossEntropyGradientKernel, (call) => {
    const { dy, logits, targets } = call.inputs;
    call.kernels.crossEntropyGradient(dy.at, logits.at, targets.at, out(call), ...rowsOf(logits));
  }),
  on(klDivergenceKernel, (call) => {
    const { reference, logits } = call.inputs;
    call.kernels.klDivergence(reference.at, logits.at, out(call), ...rowsOf(logits));
  }),
  on(klDivergenceGradientKernel, (call) => {
    const { dy, reference, logits } = call.inputs;
    call.kernels.klDivergenceGradient(dy.at, reference.at, logits.at, out(call), ...rowsOf(logits));
  }),
  on(gatherRowsKernel, (call) => {
    const { x, rows } = call.inputs;
    call.kernels.gatherRows(x.at, rows.at, out(call), extent(rows, 0), extent(x, 1));
  }),
  on(scatterRowsKernel, (call) => {
    const { dy, rows } = call.inputs;
    call.kernels.scatterRows(dy.at, rows.at, out(call), extent(rows, 0), extent(dy, 1), call.attrs.rowCount);
  }),
];

const ACTIVATION: readonly WasmKernel[] = [
  on(activationKernel, (call) => {
    const { x } = call.inputs;
    call.kernels.activation(x.at, out(call), count(x.shape), KINDS[call.attrs.kind]);
  }),
  on(activationGradientKernel, (call) => {
    const { dy, x } = call.inputs;
    call.kernels.activationGradient(dy.at, x.at, out(call), count(x.shape), KINDS[call.attrs.kind]);
  }),
  on(gatedActivationKernel, (call) => {
    const { gate, up } = call.inputs;
    call.kernels.gatedActivation(gate.at, up.at, out(call), count(gate.shape), KINDS[call.attrs.kind]);
  }),
  on(gatedActivationGradientKernel, (call) => {
    const { dy, gate, up } = call.inputs;
    const rest = [out(call, 1), count(gate.shape), KINDS[call.attrs.kind]];
    call.kernels.gatedActivationGradient(dy.at, gate.at, up.at, out(call), ...rest);
  }),
];

export const WASM_KERNELS: readonly WasmKernel[] = [...LINEAR, ...ATTENTION, ...ROWS, ...ACTIVATION];
