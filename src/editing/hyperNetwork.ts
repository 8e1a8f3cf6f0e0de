/**
 * MEND's hyper-network (arXiv 2110.11309; algorithms.md section 16): what goes into an edited matrix at a token and the
 * loss's gradient by what comes out, normalised, joined and sent through two low-rank layers, become the change's factors.
 * Training it is scripts/train/mend.py, files are hyperNetworkFile.ts.
 */
import type { MatrixName } from "../model/weightNames";

/** y = z + relu((U V z + b) · scale + shift): u [n, r], v [r, n], bias [n], row-major. */
export type HyperLayer = { u: Float32Array; v: Float32Array; bias: Float32Array };

/** A matrix that the network edits; those of one shape share their layers and differ in scale and shift. */
export type HyperWeight = {
  weight: MatrixName;
  in: number;
  out: number;
  /** Which of the networks. */
  net: number;
  /** The learned step; negative goes down the gradient. */
  rate: number;
  mean: Float32Array;
  deviation: Float32Array;
  /** Of each layer. */
  modes: readonly { scale: Float32Array; shift: Float32Array }[];
};

export type HyperNetwork = {
  modelHash: string;
  rank: number;
  nets: readonly (readonly HyperLayer[])[];
  weights: readonly HyperWeight[];
};

/** ΔW = U Vᵀ: u [out, rank], v [in, rank], one column per token. */
export type GradientFactors = {
  rank: number;
  u: Float32Array<ArrayBuffer>;
  v: Float32Array<ArrayBuffer>;
};

const EPSILON = 1e-7;

/**
 * The change of one matrix: `inputs` [T, in] and `gradients` [T, out] of a text's tokens. Tokens on which the loss does not
 * depend are left out. `factor` multiplies the learned step.
 */
export function changeOf(
  { nets }: HyperNetwork,
  weight: HyperWeight,
  inputs: Float32Array,
  gradients: Float32Array,
  factor: number,
): GradientFactors {
  const { in: width, out, rate, mean, deviation, modes } = weight;
  const tokens = [...Array(inputs.length / width).keys()].filter((t) =>
    gradients.subarray(t * out, (t + 1) * out).some((value) => value !== 0),
  );
  const rank = tokens.length;
  const u = new Float32Array(out * rank);
  const v = new Float32Array(width * rank);
  tokens.forEach((t, column) => {
    let z = Float64Array.from(mean, (average, i) => {
      const value = i < width ? inputs[t * width + i]! : gradients[t * out + i - width]!;
      return (value - average) / (deviation[i]! + EPSILON);
    });
    nets[weight.net]!.forEach((layer, depth) => (z = throughLayer(layer, modes[depth]!, z)));
    for (let i = 0; i < width; i++) v[i * rank + column] = z[i]!;
    for (let o = 0; o < out; o++) u[o * rank + column] = factor * rate * z[width + o]!;
  });
  return { rank, u, v };
}

function throughLayer(
  { u, v, bias }: HyperLayer,
  { scale, shift }: { scale: Float32Array; shift: Float32Array },
  z: Float64Array,
): Float64Array<ArrayBuffer> {
  const n = z.length;
  const rank = v.length / n;
  const inner = new Float64Array(rank);
  for (let r = 0; r < rank; r++) for (let i = 0; i < n; i++) inner[r]! += v[r * n + i]! * z[i]!;
  return Float64Array.from(z, (value, i) => {
    let sum = bias[i]!;
    for (let r = 0; r < rank; r++) sum += u[i * rank + r]! * inner[r]!;
    return value + Math.max(0, sum * scale[i]! + shift[i]!);
  });
}
