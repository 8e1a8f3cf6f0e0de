/** Every kernel of ours: what a backend must register. */
import type { KernelSpec } from "../kernelSpec";
import {
  activationGradientKernel,
  activationKernel,
  gatedActivationGradientKernel,
  gatedActivationKernel,
} from "./activation";
import { attentionGradientKernel, attentionKernel, attentionProbabilitiesKernel } from "./attention";
import { linearInputGradientKernel, linearKernel, lookupKernel } from "./linear";
import {
  crossEntropyGradientKernel,
  crossEntropyKernel,
  klDivergenceGradientKernel,
  klDivergenceKernel,
  softmaxGradientKernel,
  softmaxKernel,
} from "./loss";
import { matmulKernel } from "./matmul";
import { layerNormKernel, normaliseGradientKernel, rmsNormKernel } from "./normalise";
import { ropeKernel } from "./rope";
import { gatherRowsKernel, scatterRowsKernel } from "./rows";

/** Input names and attributes differ from spec to spec; a registry only needs what all of them share. */
export const KERNELS = [
  linearKernel,
  linearInputGradientKernel,
  lookupKernel,
  matmulKernel,
  attentionKernel,
  attentionGradientKernel,
  attentionProbabilitiesKernel,
  layerNormKernel,
  rmsNormKernel,
  normaliseGradientKernel,
  ropeKernel,
  activationKernel,
  activationGradientKernel,
  gatedActivationKernel,
  gatedActivationGradientKernel,
  softmaxKernel,
  softmaxGradientKernel,
  crossEntropyKernel,
  crossEntropyGradientKernel,
  klDivergenceKernel,
  klDivergenceGradientKernel,
  gatherRowsKernel,
  scatterRowsKernel,
] as unknown as readonly KernelSpec[];
