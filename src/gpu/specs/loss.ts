/** Row-wise softmax, cross-entropy and Kullback-Leibler divergence over a vocabulary. */
import { defineKernel, runOne } from "../kernelSpec";
import * as reference from "../reference/loss";

type None = Record<never, never>;
type SoftmaxAttributes = { readonly log: boolean };

function lastOf(shape: readonly number[]): number {
  return shape[shape.length - 1] as number;
}

/** dx from the output y of softmax (or, with `log`, of log softmax). */
export const softmaxGradientKernel = defineKernel<"dy" | "y", SoftmaxAttributes>({
  name: "PalimpsestSoftmaxGradient",
  inputs: ["dy", "y"],
  outputShapes: ({ y }) => [[...y]],
  reference: ({ dy, y }, { log }) => [reference.softmaxGradient(dy.values, y.values, lastOf(y.shape), log)],
});

/** softmax over the last axis; with `log` its logarithm. */
export const softmaxKernel = defineKernel<"x", SoftmaxAttributes>({
  name: "PalimpsestSoftmax",
  inputs: ["x"],
  outputShapes: ({ x }) => [[...x]],
  reference: ({ x }, { log }) => [reference.softmax(x.values, lastOf(x.shape), log)],
  gradient: {
    save: [],
    saveOutput: true,
    of: (dy, { output }, { log }) => ({ x: () => runOne(softmaxGradientKernel, { dy, y: output }, { log }) }),
  },
});

/** dlogits [n, V] from dy [n]. */
export const crossEntropyGradientKernel = defineKernel<"dy" | "logits" | "targets", None>({
  name: "PalimpsestCrossEntropyGradient",
  inputs: ["dy", "logits", "targets"],
  outputShapes: ({ logits }) => [[...logits]],
  reference: ({ dy, logits, targets }) => [
    reference.crossEntropyGradient(dy.values, logits.values, targets.values, lastOf(logits.shape)),
  ],
});

/** nll [n] = -log softmax(logits [n, V])[targets int32 [n]]. */
export const crossEntropyKernel = defineKernel<"logits" | "targets", None>({
  name: "PalimpsestCrossEntropy",
  inputs: ["logits", "targets"],
  outputShapes: ({ logits }) => [[logits[0] as number]],
  reference: ({ logits, targets }) => [
    reference.crossEntropy(logits.values, targets.values, lastOf(logits.shape)),
  ],
  gradient: {
    save: ["logits", "targets"],
    of: (dy, { logits, targets }) => ({
      logits: () => runOne(crossEntropyGradientKernel, { dy, logits, targets }, {}),
    }),
  },
});

/** dlogits [n, V] from dy [n]. */
export const klDivergenceGradientKernel = defineKernel<"dy" | "reference" | "logits", None>({
  name: "PalimpsestKlDivergenceGradient",
  inputs: ["dy", "reference", "logits"],
  outputShapes: ({ logits }) => [[...logits]],
  reference: (inputs) => [
    reference.klDivergenceGradient(
      inputs.dy.values,
      inputs.reference.values,
      inputs.logits.values,
      lastOf(inputs.logits.shape),
    ),
  ],
});

/** [n] = KL(exp(reference) || softmax(logits)); `reference` [n, V] are log probabilities and frozen. */
export const klDivergenceKernel = defineKernel<"reference" | "logits", None>({
  name: "PalimpsestKlDivergence",
  inputs: ["reference", "logits"],
  outputShapes: ({ logits }) => [[logits[0] as number]],
  reference: (inputs) => [
    reference.klDivergence(inputs.reference.values, inputs.logits.values, lastOf(inputs.logits.shape)),
  ],
  gradient: {
    save: ["reference", "logits"],
    of: (dy, saved) => ({
      logits: () =>
        runOne(klDivergenceGradientKernel, { dy, reference: saved.reference, logits: saved.logits }, {}),
    }),
  },
});
