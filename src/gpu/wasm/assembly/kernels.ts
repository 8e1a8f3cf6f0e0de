/**
 * The module: every kernel the wasm backend calls (see ../wasmKernels.ts for the other side). Arguments are addresses
 * in tfjs's memory and sizes; nothing is checked here, the facade and the specs have done it.
 */
export { linear, linearInputGradient, linearInputGradientScratch, lookup, matmul } from "./linear";
export {
  linearPacked,
  linearPackedInputGradient,
  linearPackedInputGradientScratch,
  lookupPacked,
} from "./packed";
export {
  attention,
  attentionGradient,
  attentionGradientScratch,
  attentionProbabilities,
  attentionScratch,
} from "./attention";
export {
  crossEntropy,
  crossEntropyGradient,
  klDivergence,
  klDivergenceGradient,
  softmax,
  softmaxGradient,
} from "./loss";
export { gatherRows, rope, scatterRows } from "./moves";
export { normalise, normaliseGradient } from "./normalise";
export { activation, activationGradient, gatedActivation, gatedActivationGradient } from "./activation";
// Called by nobody outside: see tile.ts for why they are here.
export { tile1, tile2, tile3, tile4 } from "./tile";
