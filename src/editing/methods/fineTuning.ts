/**
 * Fine-tuning as the field's baselines do it (algorithms.md section 10): one MLP output projection and its bias, Adam, a
 * bound on every entry if wanted. FT-L scores all answer tokens at the prompt's end, FT-M each at its own place.
 */
import { dispose } from "../../gpu/tensor";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import { residualBefore, scoredAtTheEnd, teacherForced, type ScoredText } from "../answerLoss";
import { paddingId } from "../paddedRun";
import { maskedByPads } from "../padMask";
import { fineTuningDefinition, type FineTuningSettings } from "../settings/fineTuningSettings";
import { storedChange } from "../storedChange";
import { descend, type Sample } from "../descend";
import { trainedMatrix } from "../trainedMaps";
import { denseUpdates } from "../trainedUpdates";
import { method, type Method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

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
  (model, { requests, settings: { padMask, batchSize } }) => {
    const texts = requests.map((request) => teacherForced(model, request));
    return padMask === "own" ? texts : maskedByPads(texts, batchSize, paddingId(model.tokenizer));
  },
);
