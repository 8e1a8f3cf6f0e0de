/**
 * Fine-tuning as the field's baselines do it (algorithms.md section 10): one MLP output projection and its bias, Adam, a
 * bound on every entry if wanted. FT-L scores all answer tokens at the prompt's end, FT-M each at its own place.
 */
import type { OptimisationStep } from "../../domain/edit";
import { add, scale } from "../../gpu/ops";
import { dispose, type Tensor } from "../../gpu/tensor";
import { throwIfCancelled } from "../../lib/cancel";
import { yieldToEvents } from "../../lib/yieldToEvents";
import { norm } from "../../linalg/norms";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import { Adam } from "../adam";
import { answerLoss, residualBefore, scoredAtTheEnd, teacherForced, type ScoredText } from "../answerLoss";
import { fineTuningDefinition, type FineTuningSettings } from "../settings/fineTuningSettings";
import { storedChange } from "../storedChange";
import { lossAndGradients, trainedMatrix, type TrainedWeight } from "../trainedMaps";
import { denseUpdates } from "../trainedUpdates";
import { method, type Method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

type Sample = { text: ScoredText; residual: Tensor };

async function run(
  model: Model,
  texts: readonly ScoredText[],
  settings: FineTuningSettings,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const { layer } = settings;
  const trained = trainedMatrix(model, matrixName(layer, "mlpOut"));
  const samples: Sample[] = [];
  try {
    for (const text of texts)
      samples.push({ text, residual: await residualBefore(model, text, layer, signal) });
    const steps = await descend(model, trained, samples, settings, signal, (done) =>
      report("Training", done.length, settings.steps, [done]),
    );
    const updates = denseUpdates([trained]);
    return {
      updates,
      losses: [steps],
      warnings: [],
      intermediates: updates.map((update) => storedChange(model, `delta.${update.weight}`, update)),
    };
  } finally {
    for (const { residual } of samples) dispose(residual);
  }
}

/** One entry per pass over all samples. */
async function descend(
  model: Model,
  trained: TrainedWeight,
  samples: readonly Sample[],
  { layer, steps, learningRate, normConstraint, stopLoss, batchSize }: FineTuningSettings,
  signal: AbortSignal | undefined,
  onPass: (steps: readonly OptimisationStep[]) => void,
): Promise<OptimisationStep[]> {
  const adams = trained.parameters.map(({ values }) => new Adam(values.length, learningRate));
  const found: OptimisationStep[] = [];
  for (let step = 0; step < steps; step++) {
    let sum = 0;
    for (let first = 0; first < samples.length; first += batchSize) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const batch = samples.slice(first, first + batchSize);
      const { value, gradients } = await lossAndGradients(model, [trained], () =>
        meanLoss(model, batch, layer),
      );
      sum += value * batch.length;
      if (value < stopLoss) continue;
      trained.parameters.forEach(({ values }, at) => {
        adams[at]!.update(values, Float64Array.from(gradients[at]!));
        if (normConstraint > 0) clamp(values, normConstraint);
      });
    }
    const total = sum / samples.length;
    const deltaNorm = norm(trained.parameters[0]!.values);
    found.push({ step, total, nll: total, kl: 0, decay: 0, deltaNorm, targetProbability: Math.exp(-total) });
    onPass(found);
    if (total < stopLoss) break;
  }
  return found;
}

function meanLoss(model: Model, batch: readonly Sample[], layer: number): Tensor {
  const losses = batch.map(({ text, residual }) => answerLoss(model, text, residual, layer));
  return scale(losses.reduce((sum, loss) => add(sum, loss)), 1 / batch.length); // prettier-ignore
}

function clamp(values: Float64Array, bound: number): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.max(-bound, Math.min(bound, values[i]!));
}

const fineTuning = (
  name: "FT-L" | "FT-M",
  summary: string,
  scored: (model: Model, input: RecipeInput<FineTuningSettings>) => ScoredText[],
): Method =>
  method<FineTuningSettings>({
    name,
    family: "fineTune",
    summary,
    changes: "the MLP output projection of one layer with its bias, as a whole",
    settings: fineTuningDefinition,
    statisticsLayers: () => [],
    solvesWithMoment: false,
    batch: true,
    contexts: "none",
    longTargets: false,
    run: (model, input, context) => run(model, scored(model, input), input.settings, context),
  });

export const ftL = fineTuning(
  "FT-L",
  "Plain training of one layer; scores the whole answer at the prompt's last token, so only short answers work.",
  (model, { requests, settings }) =>
    requests.map((request) => scoredAtTheEnd(model, request, settings.scoreSpecials)),
);
export const ftM = fineTuning(
  "FT-M",
  "Plain training of one layer on the answer's tokens.",
  (model, { requests }) => requests.map((request) => teacherForced(model, request)),
);
