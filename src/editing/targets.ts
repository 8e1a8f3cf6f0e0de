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
  valueAndGradientInSteps,
} from "../gpu/ops";
import { dispose, keep, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import { norm } from "../linalg/norms";
import { unembed } from "../model/forward";
import type { Model } from "../model/model";
import { Adam } from "./adam";
import { moveTarget } from "./moveTarget";
import { splitRows, type TargetRows } from "./targetRows";
import type { TargetSite } from "./targetPrefix";
import { cachedRunner, wholeRunner, type TargetRunner } from "./targetRunner";

export type TargetSettings = Pick<
  RomeSettings,
  "steps" | "learningRate" | "weightDecay" | "klFactor" | "clampNormFactor" | "earlyStopLoss"
>;

export type TargetOptions = {
  signal?: AbortSignal | undefined;
  onStep?: ((steps: readonly OptimisationStep[]) => void) | undefined;
  /** False runs the slow twin that caches nothing. */
  cached?: boolean;
  /** Runs the whole batch instead of one made here; it stays the caller's. */
  runner?: TargetRunner;
  /** Numbers of one activation, over all blocks above the site, that a part of the batch may hold. */
  budget?: number;
};

/**
 * Bounds the memory of a pass with its gradient: measured, about 90 bytes each. Each part of a batch reads all weights
 * again, so it is as large as SmolLM2 with ROME's 21 contexts needs.
 */
export const BUDGET = 2_200_000;

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
  const { signal, cached = true, budget = BUDGET, runner } = options;
  if (runner) {
    const loss = createLoss(model, target, [target], [runner], settings.klFactor, signal);
    return descend(loss, runner.targetInit, settings, options);
  }
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
  const initialNorm = norm(targetInit);
  const decay = settings.weightDecay / initialNorm ** 2;
  const steps: OptimisationStep[] = [];
  const deltas: Float64Array[] = [];
  try {
    for (let step = 0; step < settings.steps; step++) {
      const deltaNorm = norm(delta);
      const enough = (modelLoss: number) =>
        step === settings.steps - 1 || modelLoss + decay * deltaNorm < settings.earlyStopLoss;
      const { nll, kl, targetProbability, gradient } = await loss.at(delta, enough);
      const total = nll + kl + decay * deltaNorm;
      deltas.push(delta.slice());
      steps.push({ step, total, nll, kl, decay: decay * deltaNorm, deltaNorm, targetProbability });
      onStep?.(steps);
      if (!gradient || enough(nll + kl)) break;
      moveTarget(delta, gradient, { adam, initialNorm, ...settings });
    }
  } finally {
    loss.dispose();
  }
  return { target: targetInit.map((t, i) => t + delta[i]!), targetInit, deltas, steps };
}

type Evaluation = {
  /** Mean over the labels. */
  nll: number;
  /** Already weighted. */
  kl: number;
  /** Mean over the rewriting rows of the product over the answer's tokens. */
  targetProbability: number;
  /** Of nll + kl; absent where `enough` spared it. */
  gradient: Float64Array | undefined;
};

type Loss = {
  /** `enough` is asked about nll + kl, or about Infinity while only a part of it is known. */
  at(delta: Float64Array, enough: (modelLoss: number) => boolean): Promise<Evaluation>;
  dispose(): void;
};

/** The part of the loss that goes through the model, with its gradient: a sum over the parts of the batch. */
function createLoss(
  model: Model,
  target: TargetRows,
  parts: readonly TargetRows[],
  runners: readonly TargetRunner[],
  klFactor: number,
  signal: AbortSignal | undefined,
): Loss {
  const weights = { nll: 1 / target.labels.length, kl: klFactor };
  const drift = new EssenceDrift();
  const pause = async () => {
    await yieldToEvents();
    throwIfCancelled(signal);
  };
  return {
    async at(delta, enough) {
      const input = tensor(Float32Array.from(delta), [delta.length]);
      let gradient: Float64Array | undefined = new Float64Array(delta.length);
      const nll: number[] = [];
      let kl = 0;
      const wanted = async (value: Tensor) =>
        !enough(parts.length === 1 ? (await read(value))[0]! : Infinity);
      try {
        for (const [at, part] of parts.entries()) {
          const withKl = part.hasEssence && klFactor > 0 ? drift : undefined;
          const run = await runPart(model, part, runners[at]!, withKl, weights, input, pause, wanted);
          if (!run.gradient) gradient = undefined;
          run.gradient?.forEach((value, i) => (gradient![i]! += value));
          nll.push(...run.nll);
          if (withKl) kl = klFactor * run.kl;
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
    dispose: () => drift.dispose(),
  };
}

type PartRun = { gradient: Float32Array | undefined; nll: Float32Array; kl: number };

/** Gradient [d], NLL of every label and, with a drift, the KL term, unweighted. */
async function runPart(
  model: Model,
  { labels }: TargetRows,
  runner: TargetRunner,
  drift: EssenceDrift | undefined,
  weights: { nll: number; kl: number },
  delta: Tensor,
  pause: () => Promise<void>,
  wanted: (value: Tensor) => Promise<boolean>,
): Promise<PartRun> {
  const terms: Tensor[] = [];
  const loss = (residual: Tensor): Tensor => {
    const logits = unembed(model, residual); // [labels (+ 1), V]
    const nll = keep(crossEntropy(slice(logits, [0, 0], [labels.length, -1]), labels));
    terms.push(nll);
    const mean = scale(sum(nll), weights.nll);
    if (!drift) return mean;
    const kl = keep(drift.of(slice(logits, [labels.length, 0], [1, -1])));
    terms.push(kl);
    return add(mean, scale(sum(kl), weights.kl));
  };
  try {
    const { value, gradient } = await valueAndGradientInSteps([...runner.steps, loss], delta, pause, wanted);
    // One reading back.
    const packed = tidy(() => concat([...terms, ...(gradient ? [reshape(gradient, [-1])] : [])], 0));
    dispose(value, gradient);
    const numbers = await read(packed);
    dispose(packed);
    const termCount = labels.length + (drift ? 1 : 0);
    return {
      gradient: gradient && numbers.subarray(termCount),
      nll: numbers.subarray(0, labels.length),
      kl: drift ? numbers[labels.length]! : 0,
    };
  } finally {
    dispose(...terms);
  }
}

/** KL(p ‖ p₀) of the essence row; p₀ is what the first pass, whose δ is zero, finds there. */
class EssenceDrift {
  #reference: Tensor | undefined;

  /** [1], for logits [1, V]; differentiable. */
  of(logits: Tensor): Tensor {
    // At p = p₀ both the divergence and its gradient are zero.
    this.#reference ??= keep(logSoftmax(logits));
    return sum(mul(softmax(logits), sub(logSoftmax(logits), this.#reference)), 1);
  }

  dispose(): void {
    dispose(this.#reference);
  }
}

const average = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function meanProbability(nll: Float64Array, answerLength: number): number {
  const rows = nll.length / answerLength;
  const ofRow = (row: number) =>
    Math.exp(-nll.slice(row * answerLength, (row + 1) * answerLength).reduce((a, b) => a + b));
  return average(Float64Array.from({ length: rows }, (_, row) => ofRow(row)));
}
