/**
 * MEMIT's and EMMET's hyper-parameters (algorithms.md 4 and 5): targets in block output space, one least-squares system
 * per layer. Published configurations exist for large models; the small ones are from sweeps or by relative depth.
 */
import type { PruneOnto } from "../changeLimits";
import type { KnownElsewhere, SettingSpec } from "./settingSpec";
import {
  ELSEWHERE,
  FACT_TOKEN_SPEC,
  lossLayerSpec,
  rowOf,
  TARGET_SPECS,
  type ModelShape,
  type SettingsDefinition,
} from "./sharedSettings";
import { swept } from "./sweptSettings";

/** What every method with targets in block output space has. */
export type BlockTargetSettings = {
  steps: number;
  learningRate: number;
  weightDecay: number;
  klFactor: number;
  clampNormFactor: number;
  earlyStopLoss: number;
  factToken: "subject_last" | "subject_first" | "subject_first_after_last" | "last";
  lossLayer: number;
};

export type MemitSettings = BlockTargetSettings & {
  editLayers: readonly number[];
  /** λ: how much C = E[k kᵀ] weighs against the facts' own keys. */
  secondMomentWeight: number;
  keepEarlier: boolean;
  keepShare: number;
  prune: boolean;
  pruneOnto: PruneOnto;
};

export type EmmetSettings = BlockTargetSettings & {
  layer: number;
  secondMomentWeight: number;
  emmetLambda: number;
  updateNormLambda: number;
};

export type PmetSettings = BlockTargetSettings & {
  editLayers: readonly number[];
  secondMomentWeight: number;
  nllFactor: number;
};

export const editLayersSpec = (layers: number): SettingSpec => ({
  name: "editLayers",
  published: ["layers"],
  kind: "layers",
  max: layers - 1,
  meaning: "blocks whose MLP output projections are edited; targets are found at the last one's output",
});

export const SECOND_MOMENT_WEIGHT: SettingSpec = {
  name: "secondMomentWeight",
  published: ["mom2_update_weight"],
  kind: "number",
  min: 1e-6,
  max: 1e9,
  meaning: "λ, the weight of everything else the layer knows (C) against the facts written",
};

export const KEEP_EARLIER: SettingSpec = {
  name: "keepEarlier",
  published: [],
  kind: "boolean",
  meaning: "leave the keys of earlier edits in the stack alone (MEMIT_seq; AlphaEdit's carried K_p K_pᵀ)",
};

/** Published files name a switch that the code never reads. */
const WITH_SECOND_MOMENT: KnownElsewhere = { ...ELSEWHERE, mom2_adjustment: "the system always holds C" };

type Row = ModelShape & { edits: readonly number[]; weight: number; target: Partial<BlockTargetSettings> };

const SMALL: Partial<BlockTargetSettings> = { clampNormFactor: 0.75 };
const LARGE_GPT: Partial<BlockTargetSettings> = { weightDecay: 0.5, clampNormFactor: 0.75 };
const LARGE_LLAMA: Partial<BlockTargetSettings> = { steps: 25, clampNormFactor: 4 };

/** Known models by their geometry: layers, λ and what differs in the target's optimisation. */
const KNOWN: readonly Row[] = [
  { family: "gpt2", layers: 6, residualWidth: 96, edits: [0, 1, 2], weight: 50, target: SMALL },
  { family: "llama", layers: 6, residualWidth: 96, edits: [0, 1, 2], weight: 50, target: SMALL },
  // palimpsest-facts: the MLPs below 2 are silent. 24 facts at once score 0.97 here, 0.91 with a weight of 500.
  { family: "gpt2", layers: 8, residualWidth: 256, edits: [2, 3], weight: 50, target: {} },
  { family: "llama", layers: 30, residualWidth: 576, edits: [4, 5, 6, 7], weight: 500, target: {} }, // SmolLM2-135M
  { family: "gpt2", layers: 12, residualWidth: 768, edits: [2, 3, 4], weight: 5000, target: {} },
  { family: "gpt2", layers: 24, residualWidth: 1024, edits: [6, 7, 8], weight: 20000, target: LARGE_GPT },
  { family: "gpt2", layers: 36, residualWidth: 1280, edits: [9, 10, 11, 12], weight: 20000, target: LARGE_GPT },
  { family: "gpt2", layers: 48, residualWidth: 1600, edits: [13, 14, 15, 16, 17], weight: 20000, target: LARGE_GPT },
  { family: "gptj", layers: 28, residualWidth: 4096, edits: [3, 4, 5, 6, 7, 8], weight: 15000, target: { ...LARGE_GPT, steps: 25 } },
  { family: "llama", layers: 32, residualWidth: 4096, edits: [4, 5, 6, 7, 8], weight: 15000, target: LARGE_LLAMA },
  { family: "llama", layers: 28, residualWidth: 3072, edits: [4, 5, 6, 7, 8], weight: 15000, target: LARGE_LLAMA },
  { family: "qwen2", layers: 28, residualWidth: 3584, edits: [4, 5, 6, 7, 8], weight: 15000, target: LARGE_LLAMA },
]; // prettier-ignore

/** λ where nothing is known: enough to protect, little enough to let a small model learn (algorithms.md 21.1 b). */
const UNKNOWN_WEIGHT = 500;

/** Layers up to a third of the depth, at most four: the published choices lie at 0.1–0.35. */
export function defaultEditLayers(model: ModelShape): readonly number[] {
  const known = rowOf(KNOWN, model);
  if (known) return known.edits;
  const last = Math.min(model.layers - 1, Math.round(model.layers / 3));
  const first = Math.max(0, last - 3);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

export const defaultSecondMomentWeight = (model: ModelShape): number =>
  rowOf(KNOWN, model)?.weight ?? UNKNOWN_WEIGHT;

export function blockTargetDefaults(model: ModelShape): BlockTargetSettings {
  return {
    steps: 20,
    learningRate: 0.5,
    weightDecay: 1e-3,
    klFactor: 0.0625,
    clampNormFactor: 4,
    earlyStopLoss: 5e-2,
    factToken: "subject_last",
    lossLayer: model.layers - 1,
    ...rowOf(KNOWN, model)?.target,
  };
}

export const memitDefinition: SettingsDefinition<MemitSettings> = {
  specs: (layers) => [
    editLayersSpec(layers),
    ...TARGET_SPECS,
    SECOND_MOMENT_WEIGHT,
    FACT_TOKEN_SPEC,
    KEEP_EARLIER,
    { name: "keepShare", published: [], kind: "number", min: 1e-3, max: 1, meaning: "share of each ΔW's entries that is written, largest |ΔW / W| first (RECT: 0.4); 1 writes all" },
    { name: "prune", published: [], kind: "boolean", meaning: "damp the singular values of the whole change beyond the largest one of the unedited weight (PRUNE)" },
    { name: "pruneOnto", published: [], kind: "choice", choices: ["checkpoint", "edited"], meaning: "what PRUNE adds the damped change to; edited: as the published code does, to weights that hold the undamped one already" },
    lossLayerSpec(layers),
  ], // prettier-ignore
  defaults: (model) => ({
    editLayers: defaultEditLayers(model),
    ...blockTargetDefaults(model),
    secondMomentWeight: defaultSecondMomentWeight(model),
    keepEarlier: false,
    keepShare: 1,
    prune: false,
    pruneOnto: "checkpoint",
    ...swept<MemitSettings>("MEMIT", model),
  }),
  elsewhere: WITH_SECOND_MOMENT,
};

export const emmetDefinition: SettingsDefinition<EmmetSettings> = {
  specs: (layers) => [
    { name: "layer", published: ["layers"], kind: "integer", min: 0, max: layers - 1, meaning: "block whose MLP output projection is edited" },
    ...TARGET_SPECS,
    SECOND_MOMENT_WEIGHT,
    { name: "emmetLambda", published: ["emmet_lambda"], kind: "number", min: 0, max: 1e6, meaning: "added to the diagonal of the facts' own system; 0 demands equality and fails on facts that share a subject" },
    { name: "updateNormLambda", published: ["update_norm_lambda"], kind: "number", min: 0, max: 1e9, meaning: "added to the diagonal of the weighted C" },
    FACT_TOKEN_SPEC,
    lossLayerSpec(layers),
  ], // prettier-ignore
  defaults: (model) => ({
    layer: emmetLayer(model),
    ...blockTargetDefaults(model),
    secondMomentWeight: 10 * defaultSecondMomentWeight(model),
    emmetLambda: 0.1,
    updateNormLambda: 0,
    ...swept<EmmetSettings>("EMMET", model),
  }),
  elsewhere: WITH_SECOND_MOMENT,
};

export const pmetDefinition: SettingsDefinition<PmetSettings> = {
  specs: (layers) => [
    editLayersSpec(layers),
    ...TARGET_SPECS,
    { name: "nllFactor", published: ["nll_loss_factor"], kind: "number", min: 1e-6, max: 1e3, meaning: "weight of the answer's loss; a tenth of it once the answer is the likeliest" },
    SECOND_MOMENT_WEIGHT,
    FACT_TOKEN_SPEC,
    lossLayerSpec(layers),
  ], // prettier-ignore
  defaults: (model) => ({
    editLayers: defaultEditLayers(model),
    ...blockTargetDefaults(model),
    clampNormFactor: 4,
    secondMomentWeight: defaultSecondMomentWeight(model),
    nllFactor: 1,
    ...swept<PmetSettings>("PMET", model),
  }),
  elsewhere: WITH_SECOND_MOMENT,
};

/** The middle one of MEMIT's layers: a single layer has no others to share the work with. */
function emmetLayer(model: ModelShape): number {
  const layers = defaultEditLayers(model);
  return layers[layers.length >> 1]!;
}
