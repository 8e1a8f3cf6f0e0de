/**
 * Registers the WGSL form of every kernel spec with tfjs. The only file that knows both a spec's name and the kernels
 * behind it, and where tfjs's untyped inputs and attributes get their types back.
 */
import { registerKernel } from "@tensorflow/tfjs-core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { invariant } from "../../lib/errors";
import type { Attributes } from "../kernelSpec";
import type { ActivationKind } from "../specs/activation";
import { KERNELS } from "../specs/all";
import type { AttentionAttributes } from "../specs/attention";
import type { RopeAttributes } from "../specs/rope";
import type { GuardedWebGpuBackend } from "../webgpuBackend";
import * as activation from "./activation";
import { attentionForward, attentionGradient, attentionProbabilities, sizeOfCall } from "./attentionCalls";
import { linearForward, linearInputGradient } from "./linear";
import * as loss from "./loss";
import { matmul } from "./matmul";
import { normaliseForward, normaliseGradient } from "./normalise";
import { runWgsl } from "./program";
import type { NamedInputs, WgslKernel } from "./program";
import { ropeKernel } from "./rope";
import { gatherRows, lookupRows, scatterRows } from "./rows";
import { softmaxForward, softmaxGradient } from "./softmax";

/** `shape(name)` is an input's shape; `attrs` are those of the spec, which checked them. */
type Call<A> = {
  backend: GuardedWebGpuBackend;
  inputs: NamedInputs;
  attrs: A;
  isSoftware: boolean;
  shape: (name: string) => readonly number[];
};
type Implementation = (call: Call<never>) => TensorInfo | TensorInfo[];

/** A spec that is one kernel: most are. */
function oneKernel<A>(build: (call: Call<A>) => WgslKernel): Implementation {
  return (call: Call<A>) => runWgsl(call.backend, build(call), call.inputs);
}

/** Sizes of a call whose rows are those of `input`. */
function linearSize({ attrs, shape }: Call<LinearAttributes>, input: string) {
  const { inFeatures, outFeatures, layout } = attrs;
  return { rows: shape(input)[0] as number, inFeatures, outFeatures, layout };
}

type LinearAttributes = { inFeatures: number; outFeatures: number; layout: string };
type Kind = { kind: ActivationKind };
type Log = { log: boolean };
type Eps = { eps: number };
type RowCount = { rowCount: number };
type Transposes = { transposeA: boolean; transposeB: boolean };

const IMPLEMENTATIONS: Readonly<Record<string, Implementation>> = {
  PalimpsestLinear: oneKernel<LinearAttributes & { hasBias: boolean }>((call) =>
    linearForward(linearSize(call, "x"), call.attrs.hasBias, call.isSoftware),
  ),
  PalimpsestLinearInputGradient: oneKernel<LinearAttributes>((call) =>
    linearInputGradient(linearSize(call, "dy"), call.isSoftware),
  ),
  PalimpsestLookup: oneKernel<LinearAttributes & { firstRow: number }>((call) => {
    const { rows, ...features } = linearSize(call, "ids");
    return lookupRows({ ids: rows, ...features, firstRow: call.attrs.firstRow });
  }),
  PalimpsestMatmul: oneKernel<Transposes>(({ attrs, shape }) => {
    const [a, b] = [shape("a"), shape("b")];
    const rows = a[attrs.transposeA ? 1 : 0] as number;
    const inner = a[attrs.transposeA ? 0 : 1] as number;
    return matmul({ ...attrs, rows, inner, columns: b[attrs.transposeB ? 0 : 1] as number });
  }),
  PalimpsestAttention: ({ backend, inputs, attrs }: Call<AttentionAttributes>) =>
    attentionForward({ backend, inputs, size: sizeOfCall(inputs, attrs) }),
  PalimpsestAttentionGradient: ({ backend, inputs, attrs }: Call<AttentionAttributes>) =>
    attentionGradient({ backend, inputs, size: sizeOfCall(inputs, attrs) }),
  PalimpsestAttentionProbabilities: ({ backend, inputs, attrs }: Call<AttentionAttributes>) =>
    attentionProbabilities({ backend, inputs, size: sizeOfCall(inputs, attrs) }),
  PalimpsestLayerNorm: oneKernel<Eps>(({ shape, attrs, isSoftware }) =>
    normaliseForward({ shape: shape("x"), eps: attrs.eps, isSoftware }, true),
  ),
  PalimpsestRmsNorm: oneKernel<Eps>(({ shape, attrs, isSoftware }) =>
    normaliseForward({ shape: shape("x"), eps: attrs.eps, isSoftware }, false),
  ),
  PalimpsestNormaliseGradient: oneKernel<Eps & { centred: boolean }>(({ shape, attrs, isSoftware }) =>
    normaliseGradient({ shape: shape("x"), eps: attrs.eps, isSoftware }, attrs.centred),
  ),
  PalimpsestRope: ({ backend, inputs, attrs, shape }: Call<RopeAttributes>) =>
    runWgsl(backend, ropeKernel(shape("x"), attrs), {
      x: inputs.x as TensorInfo,
      cosines: inputs.cos as TensorInfo,
      sines: inputs.sin as TensorInfo,
    }),
  PalimpsestActivation: oneKernel<Kind>(({ attrs, shape }) =>
    activation.activationForward(attrs.kind, shape("x")),
  ),
  PalimpsestActivationGradient: oneKernel<Kind>(({ attrs, shape }) =>
    activation.activationGradient(attrs.kind, shape("x")),
  ),
  PalimpsestGatedActivation: oneKernel<Kind>(({ attrs, shape }) =>
    activation.gatedForward(attrs.kind, shape("gate")),
  ),
  PalimpsestGatedActivationGradient: ({ backend, inputs, attrs, shape }: Call<Kind>) => [
    runWgsl(backend, activation.gatedGateGradient(attrs.kind, shape("gate")), inputs),
    runWgsl(backend, activation.gatedUpGradient(attrs.kind, shape("gate")), inputs),
  ],
  PalimpsestSoftmax: oneKernel<Log>(({ shape, attrs, isSoftware }) =>
    softmaxForward({ shape: shape("x"), isSoftware }, attrs.log),
  ),
  PalimpsestSoftmaxGradient: oneKernel<Log>(({ shape, attrs, isSoftware }) =>
    softmaxGradient({ shape: shape("y"), isSoftware }, attrs.log),
  ),
  PalimpsestCrossEntropy: oneKernel(({ shape, isSoftware }) =>
    loss.crossEntropyForward({ shape: shape("logits"), isSoftware }),
  ),
  PalimpsestCrossEntropyGradient: oneKernel(({ shape, isSoftware }) =>
    loss.crossEntropyGradient({ shape: shape("logits"), isSoftware }),
  ),
  PalimpsestKlDivergence: oneKernel(({ shape, isSoftware }) =>
    loss.klDivergenceForward({ shape: shape("logits"), isSoftware }),
  ),
  PalimpsestKlDivergenceGradient: oneKernel(({ shape, isSoftware }) =>
    loss.klDivergenceGradient({ shape: shape("logits"), isSoftware }),
  ),
  PalimpsestGatherRows: oneKernel(({ shape }) =>
    gatherRows(shape("rows")[0] as number, shape("x")[1] as number),
  ),
  PalimpsestScatterRows: oneKernel<RowCount>(({ shape, attrs }) =>
    scatterRows(shape("rows")[0] as number, attrs.rowCount, shape("dy")[1] as number),
  ),
};

let registered = false;

/** Registers every spec's kernel for backend "webgpu"; a spec without one is a bug found at once. */
export function registerWebGpuKernels(): void {
  if (registered) return;
  registered = true;
  for (const { name } of KERNELS) {
    const implementation = IMPLEMENTATIONS[name];
    invariant(implementation, `no WGSL kernel for ${name}`);
    registerKernel({
      kernelName: name,
      backendName: "webgpu",
      kernelFunc: ({ inputs, attrs, backend }) => {
        const webgpu = backend as GuardedWebGpuBackend;
        const named = inputs as NamedInputs;
        const shape = (input: string) => {
          const info = named[input];
          invariant(info, `${name}: no input ${input}`);
          return info.shape;
        };
        const isSoftware = webgpu.tunedForSoftware;
        const call: Call<Attributes> = {
          backend: webgpu,
          inputs: named,
          attrs: attrs as Attributes,
          isSoftware,
          shape,
        };
        return implementation(call as unknown as Call<never>);
      },
    });
  }
}
