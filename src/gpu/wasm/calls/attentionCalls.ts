/** Attention, its gradient and its probabilities; rotary positions. */
import {
  attentionGradientKernel,
  attentionKernel,
  attentionProbabilitiesKernel,
  attentionSize,
  type AttentionAttributes,
} from "../../specs/attention";
import { ropeKernel } from "../../specs/rope";
import type { Cut } from "../kernelTeam";
import { extent, on, out, type Operand, type WasmKernel } from "./wasmCall";

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

export const ATTENTION: readonly WasmKernel[] = [
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
