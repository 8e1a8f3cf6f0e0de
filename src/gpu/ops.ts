/**
 * The facade: every operation the lab computes with. Shapes are checked here, at the door; below, kernels trust them.
 * Every op returns a new tensor that the caller owns and leaves nothing else behind.
 */
export { activation, gatedActivation } from "./ops/activation";
export type { ActivationKind } from "./ops/activation";
export { attention, attentionProbabilities } from "./ops/attention";
export type { AttentionInput } from "./ops/attention";
export {
  add,
  concat,
  div,
  flatRows,
  mean,
  mul,
  reshape,
  scale,
  slice,
  split,
  sqrt,
  square,
  sub,
  sum,
  transpose,
} from "./ops/elementwise";
export { valueAndGradient, valueAndGradientInSteps, valueAndGradients } from "./ops/gradient";
export { linear, lookup, matmul, project } from "./ops/linear";
export { crossEntropy, klDivergence, logSoftmax, softmax, topK } from "./ops/loss";
export type { TopEntries } from "./ops/loss";
export { layerNorm, rmsNorm } from "./ops/normalise";
export { rope } from "./ops/rope";
export type { RopeOptions } from "./ops/rope";
export { gatherRows } from "./ops/rows";
