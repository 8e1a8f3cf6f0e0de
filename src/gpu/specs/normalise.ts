/** Layer normalisation and root-mean-square normalisation over the last axis; gains and biases are frozen. */
import { defineKernel, runOne } from "../kernelSpec";
import * as reference from "../reference/normalise";

type NormAttributes = { readonly eps: number };

/** dx for both norms; `centred` tells layer norm (true) from RMS norm (false). */
export const normaliseGradientKernel = defineKernel<
  "dy" | "x" | "gain",
  NormAttributes & { readonly centred: boolean }
>({
  name: "PalimpsestNormaliseGradient",
  inputs: ["dy", "x", "gain"],
  outputShapes: ({ x }) => [[...x]],
  reference: ({ dy, x, gain }, { eps, centred }) => [
    reference.normaliseGradient(dy.values, x.values, gain.values, eps, centred),
  ],
});

/** (x - mean) / sqrt(var + eps) * gain + bias over the last axis; gain and bias [width]. */
export const layerNormKernel = defineKernel<"x" | "gain" | "bias", NormAttributes>({
  name: "PalimpsestLayerNorm",
  inputs: ["x", "gain", "bias"],
  outputShapes: ({ x }) => [[...x]],
  reference: ({ x, gain, bias }, { eps }) => [reference.normalise(x.values, gain.values, bias.values, eps)],
  gradient: {
    save: ["x", "gain"],
    of: (dy, { x, gain }, { eps }) => ({
      x: () => runOne(normaliseGradientKernel, { dy, x, gain }, { eps, centred: true }),
    }),
  },
});

/** x / sqrt(mean(x²) + eps) * gain over the last axis. */
export const rmsNormKernel = defineKernel<"x" | "gain", NormAttributes>({
  name: "PalimpsestRmsNorm",
  inputs: ["x", "gain"],
  outputShapes: ({ x }) => [[...x]],
  reference: ({ x, gain }, { eps }) => [reference.normalise(x.values, gain.values, undefined, eps)],
  gradient: {
    save: ["x", "gain"],
    of: (dy, { x, gain }, { eps }) => ({
      x: () => runOne(normaliseGradientKernel, { dy, x, gain }, { eps, centred: false }),
    }),
  },
});
