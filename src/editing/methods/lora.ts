/**
 * LoRA (algorithms.md section 11): low-rank changes W + (α/r) B A of chosen matrices in every block, trained on the
 * answers. A starts at random, B from zero.
 */
import type { OptimisationStep } from "../../domain/edit";
import { embed, oneRow } from "../../model/forward";
import { dispose } from "../../gpu/tensor";
import { throwIfCancelled } from "../../lib/cancel";
import { legacyRandom } from "../../lib/random/legacyRandom";
import { yieldToEvents } from "../../lib/yieldToEvents";
import type { Model } from "../../model/model";
import { matrixName, type MatrixName, type MatrixRole } from "../../model/weightNames";
import { Adam } from "../adam";
import { answerLoss, teacherForced, type ScoredText } from "../answerLoss";
import { loraDefinition, type LoraSettings } from "../settings/fineTuningSettings";
import { lossAndGradients, trainedLowRank, type TrainedMaps } from "../trainedMaps";
import { lowRankUpdates } from "../trainedUpdates";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

/** Matrices that share their first factor A. */
export type LoraGroup = readonly MatrixName[];

const ROLES: Record<LoraSettings["modules"], readonly (readonly MatrixRole[])[]> = {
  queryValue: [["attnQuery"], ["attnValue"]],
  fusedQueryKeyValue: [["attnQuery", "attnKey", "attnValue"]],
  mlp: [["mlpIn"], ["mlpOut"]],
};

/** Block by block. */
export function loraGroups({ config }: Model, modules: LoraSettings["modules"]): LoraGroup[] {
  return Array.from({ length: config.layers }, (_, layer) =>
    ROLES[modules].map((roles) => roles.map((role) => matrixName(layer, role))),
  ).flat();
}

/** Kaiming-uniform as PEFT draws it: U(−1/√in, 1/√in). [in, r], row-major. */
function randomDown(inWidth: number, rank: number, uniform: () => number): Float64Array {
  const bound = 1 / Math.sqrt(inWidth);
  return Float64Array.from({ length: inWidth * rank }, () => Math.fround(bound * (2 * uniform() - 1)));
}

/** `down` gives every group's first factor, [in, r]. */
export async function trainLora(
  model: Model,
  texts: readonly ScoredText[],
  settings: LoraSettings,
  down: (group: LoraGroup, inWidth: number) => Float64Array,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const groups = loraGroups(model, settings.modules);
  const { rank, alpha, learningRate } = settings;
  const maps = groups.map((names) => {
    const inWidth = model.weights.matrix(names[0]!).inFeatures;
    return trainedLowRank(model, names, alpha / rank, {
      shape: [inWidth, rank],
      values: down(names, inWidth),
    });
  });
  const parameters = maps.flatMap((map) => map.parameters);
  const adams = parameters.map(({ values }) => new Adam(values.length, learningRate));
  const losses: OptimisationStep[] = [];
  for (let step = 0; step < settings.steps; step++) {
    let total = 0;
    for (const text of texts) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const { value, gradients } = await gradientsOf(model, maps, text);
      total += value / texts.length;
      parameters.forEach(({ values }, at) => adams[at]!.update(values, Float64Array.from(gradients[at]!)));
    }
    const targetProbability = Math.exp(-total);
    losses.push({ step, total, nll: total, kl: 0, decay: 0, deltaNorm: 0, targetProbability });
    report("Training", step + 1, settings.steps, [losses]);
  }
  const updates = groups.flatMap((names, at) => lowRankUpdates(model, names, maps[at]!, alpha / rank));
  return { updates, losses: [losses], warnings: [], intermediates: [] };
}

async function gradientsOf(model: Model, maps: readonly TrainedMaps[], text: ScoredText) {
  const embedded = embed(model, oneRow(text.ids));
  try {
    return await lossAndGradients(model, maps, () => answerLoss(model, text, embedded, 0));
  } finally {
    dispose(embedded);
  }
}

export const lora = method<LoraSettings>({
  name: "LoRA",
  family: "fineTune",
  summary: "Trains a small addition to the attention of every layer on the answers.",
  changes:
    "query and value projections (GPT-2: query, key and value) of all layers, by a low-rank change each",
  settings: loraDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  batch: true,
  contexts: "none",
  longTargets: false,
  run: (model: Model, { requests, settings, seed }: RecipeInput<LoraSettings>, context) => {
    const { uniform } = legacyRandom(seed);
    const texts = requests.map((request) => teacherForced(model, request));
    return trainLora(
      model,
      texts,
      settings,
      (_, inWidth) => randomDown(inWidth, settings.rank, uniform),
      context,
    );
  },
});
