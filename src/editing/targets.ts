/**
 * Finds the vector v* (ROME) or z (MEMIT and its kin) that makes the model give the answer: Adam over one delta added
 * at one site and token, the model frozen (algorithms.md 0.7).
 *   loss = NLL + klFactor · KL(p ‖ p₀) + weightDecay · ‖δ‖ / ‖t‖²,   t = the site's output before the edit
 * The published code gives its divergence the present p first and the initial p₀ second (its losses in the fixtures
 * agree with this order only), whatever the paper's prose says.
 */
import type { OptimisationStep, RomeSettings } from "../domain/edit";
import {
  add,
  concat,
  crossEntropy,
  logSoftmax,
  mul,
  reshape,
  scale,
  slice,
  softmax,
  sub,
  sum,
  valueAndGradient,
} from "../gpu/ops";
import { dispose, keep, read, tensor, tidy, zeros, type Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import { norm } from "../linalg/norms";
import { unembed } from "../model/forward";
import type { Model } from "../model/model";
import { Adam } from "./adam";
import { splitRows, type TargetRows } from "./targetRows";
import { cachedRunner, wholeRunner, type TargetRunner, type TargetSite } from "./targetRunner";

export type TargetSettings = Pick<
  RomeSettings,
  "steps" | "learningRate" | "weightDecay" | "klFactor" | "clampNormFactor" | "earlyStopLoss"
>;

export type TargetOptions = {
  signal?: AbortSignal | undefined;
  onStep?: ((steps: readonly OptimisationStep[]) => void) | undefined;
  /** False runs the slow twin that caches nothing. */
  cached?: boolean;
  /** Numbers of one activation, over all blocks above the site, that a part of the batch may hold. */
  budget?: number;
};

/** Bounds the memory of a pass with its gradient, and the time between two chances to cancel. */
const BUDGET = 300_000;

export type OptimisedTarget = {
  /** t + δ, [d]. */
  target: Float64Array;
  targetInit: Float64Array;
  /** δ of every forward pass; the last one is the result's. */
  deltas: Float64Array[];
  steps: OptimisationStep[];
};

/** Throws AppError `cancelled`, `prompt-too-long`; nothing stays allocated then. */
export async function optimiseTarget(
  model: Model,
  target: TargetRows,
  site: TargetSite,
  settings: TargetSettings,
  options: TargetOptions = {},
): Promise<OptimisedTarget> {
  const { signal, cached = true, budget = BUDGET } = options;
  const { layers, residualWidth } = model.config;
  const positions = Math.floor(budget / ((layers - site.layer) * residualWidth));
  const parts = cached ? splitRows(target, positions) : [target];
  const runners: TargetRunner[] = [];
  try {
    for (const part of parts) {
      runners.push(await (cached ? cachedRunner(model, part, site, signal) : wholeRunner(model, part, site)));
    }
    const loss = createLoss(model, target, parts, runners, settings.klFactor, signal);
    return await descend(loss, runners[0]!.targetInit, settings, options);
  } finally {
    for (const runner of runners) runner.dispose();
  }
}

async function descend(
  loss: Loss,
  targetInit: Float64Array,
  settings: TargetSettings,
  { onStep }: TargetOptions,
): Promise<OptimisedTarget> {
  const delta = new Float64Array(targetInit.length);
  const adam = new Adam(delta.length, settings.learningRate);
  const decay = settings.weightDecay / norm(targetInit) ** 2;
  const steps: OptimisationStep[] = [];
  const deltas: Float64Array[] = [];
  try {
    for (let step = 0; step < settings.steps; step++) {
      const { nll, kl, targetProbability, gradient } = await loss.at(delta);
      const deltaNorm = norm(delta);
      const total = nll + kl + decay * deltaNorm;
      deltas.push(delta.slice());
      steps.push({ step, total, nll, kl, decay: decay * deltaNorm, deltaNorm, targetProbability });
      onStep?.(steps);
      if (total < settings.earlyStopLoss || step === settings.steps - 1) break;
      // ‖δ‖ has no gradient at 0; there the published code's is zero.
      if (deltaNorm > 0)
        for (let i = 0; i < delta.length; i++) gradient[i]! += (decay * delta[i]!) / deltaNorm;
      adam.update(delta, gradient);
      clamp(delta, settings.clampNormFactor * norm(targetInit));
    }
  } finally {
    loss.dispose();
  }
  return { target: targetInit.map((t, i) => t + delta[i]!), targetInit, deltas, steps };
}

/** Projects onto the ball and rounds to float32, the precision the model sees. */
function clamp(delta: Float64Array, radius: number): void {
  const length = norm(delta);
  const factor = length > radius ? radius / length : 1;
  for (let i = 0; i < delta.length; i++) delta[i] = Math.fround(delta[i]! * factor);
}

type Evaluation = {
  /** Mean over the labels. */
  nll: number;
  /** Already weighted. */
  kl: number;
  /** Mean over the rewriting rows of the product over the answer's tokens. */
  targetProbability: number;
  /** Of nll + kl. */
  gradient: Float64Array;
};

type Loss = { at(delta: Float64Array): Promise<Evaluation>; dispose(): void };

/** The part of the loss that goes through the model, with its gradient: a sum over the parts of the batch. */
function createLoss(
  model: Model,
  target: TargetRows,
  parts: readonly TargetRows[],
  runners: readonly TargetRunner[],
  klFactor: number,
  signal: AbortSignal | undefined,
): Loss {
  const last = parts.length - 1;
  const withKl = target.hasEssence && klFactor > 0;
  const reference = withKl ? essenceReference(model, parts[last]!, runners[last]!) : undefined;
  return {
    async at(delta) {
      const input = tensor(Float32Array.from(delta), [delta.length]);
      const gradient = new Float64Array(delta.length);
      const nll: number[] = [];
      let kl = 0;
      try {
        for (const [at, part] of parts.entries()) {
          await yieldToEvents();
          throwIfCancelled(signal);
          const weights = { nll: 1 / target.labels.length, kl: klFactor };
          const packed = runPart(
            model,
            part,
            runners[at]!,
            at === last ? reference : undefined,
            weights,
            input,
          );
          const numbers = await read(packed);
          dispose(packed);
          for (let i = 0; i < gradient.length; i++) gradient[i]! += numbers[i]!;
          nll.push(...numbers.subarray(delta.length, delta.length + part.labels.length));
          if (at === last && reference) kl = klFactor * numbers.at(-1)!;
        }
      } finally {
        dispose(input);
      }
      const values = Float64Array.from(nll);
      return {
        nll: average(values),
        kl,
        targetProbability: meanProbability(values, target.answerLength),
        gradient,
      };
    },
    dispose: () => dispose(reference),
  };
}

/** Gradient [d], NLL of every label and, with a reference, the KL term in one tensor: one reading back. */
function runPart(
  model: Model,
  { labels }: TargetRows,
  runner: TargetRunner,
  reference: Tensor | undefined,
  weights: { nll: number; kl: number },
  delta: Tensor,
): Tensor {
  return tidy(() => {
    const terms: Tensor[] = [];
    const { value, gradient } = valueAndGradient((x) => {
      const logits = unembed(model, runner.residualAt(x)); // [labels (+ 1), V]
      const nll = keep(crossEntropy(slice(logits, [0, 0], [labels.length, -1]), labels));
      terms.push(nll);
      const mean = scale(sum(nll), weights.nll);
      if (!reference) return mean;
      const kl = keep(drift(slice(logits, [labels.length, 0], [1, -1]), reference));
      terms.push(kl);
      return add(mean, scale(sum(kl), weights.kl));
    }, delta);
    dispose(value);
    const packed = concat([reshape(gradient, [-1]), ...terms], 0);
    dispose(...terms);
    return packed;
  });
}

/** KL(p ‖ p₀) [1] for logits [1, V] against log probabilities p₀. */
function drift(logits: Tensor, reference: Tensor): Tensor {
  return sum(mul(softmax(logits), sub(logSoftmax(logits), reference)), 1);
}

/** Log probabilities [1, V] after the essence row's subject, before any change. */
function essenceReference(model: Model, target: TargetRows, runner: TargetRunner): Tensor {
  return tidy(() => {
    const delta = zeros([model.config.residualWidth]);
    const rows = slice(runner.residualAt(delta), [target.labels.length, 0], [1, -1]);
    return keep(logSoftmax(unembed(model, rows)));
  });
}

const average = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function meanProbability(nll: Float64Array, answerLength: number): number {
  const rows = nll.length / answerLength;
  const ofRow = (row: number) =>
    Math.exp(-nll.slice(row * answerLength, (row + 1) * answerLength).reduce((a, b) => a + b));
  return average(Float64Array.from({ length: rows }, (_, row) => ofRow(row)));
}
