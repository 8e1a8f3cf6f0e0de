/**
 * AnyEdit's hyper-parameters (algorithms.md 9): how an answer is cut, which method writes the chunks' states, and that
 * method's own settings. UnKE alone is the same with the whole answer in one state.
 */
import type { LastWindow } from "../chunks";
import { NULL_SPACE_SPECS } from "./alphaEditSettings";
import {
  defaultEditLayers,
  defaultSecondMomentWeight,
  editLayersSpec,
  KEEP_EARLIER,
  SECOND_MOMENT_WEIGHT,
} from "./memitSettings";
import type { SettingSpec } from "./settingSpec";
import {
  ELSEWHERE,
  lossLayerSpec,
  rowOf,
  TARGET_SPECS,
  type ModelShape,
  type SettingsDefinition,
} from "./sharedSettings";
import { swept } from "./sweptSettings";

/** A long target's optimisation: no contexts, no KL term. */
export type LongTargetSettings = {
  steps: number;
  learningRate: number;
  weightDecay: number;
  clampNormFactor: number;
  earlyStopLoss: number;
  lossLayer: number;
  chat: boolean;
  endOfText: boolean;
};

/** Training of a whole block on its hidden states (UnKE, stage 2). */
export type BlockTrainingSettings = {
  trainRate: number;
  trainSteps: number;
  trainDecay: number;
  preserveTexts: number;
};

/** Methods that AnyEdit wraps; how each writes states is methods/innerMethods.ts. */
export const INNER_NAMES = ["MEMIT", "EMMET", "AlphaEdit", "UnKE"] as const;

export type AnyEditSettings = LongTargetSettings &
  BlockTrainingSettings & {
    inner: (typeof INNER_NAMES)[number];
    chunking: "window" | "sentences" | "whole";
    window: number;
    overlap: number;
    lastWindow: LastWindow;
    editLayers: readonly number[];
    secondMomentWeight: number;
    nullSpaceThreshold: number;
    ridge: number;
    keepOthers: boolean;
    padding: "dropped" | "published";
    keepEarlier: boolean;
    loop: "repaired" | "published";
  };

export type UnkeSettings = LongTargetSettings & BlockTrainingSettings & { layer: number };

const LONG_TARGET_SPECS: readonly SettingSpec[] = [
  ...TARGET_SPECS.filter(({ name }) => name !== "klFactor"),
  { name: "chat", published: [], kind: "boolean", meaning: "ask the question in the model's chat template" },
  { name: "endOfText", published: [], kind: "boolean", meaning: "the answer ends with the model's end-of-text token, so that generation stops there" },
]; // prettier-ignore

const TRAINING_SPECS: readonly SettingSpec[] = [
  { name: "trainRate", published: ["lr"], kind: "number", min: 1e-9, max: 1, meaning: "UnKE: AdamW's learning rate on the block's parameters" },
  { name: "trainSteps", published: ["optim_num_step"], kind: "integer", min: 1, max: 10_000, meaning: "UnKE: training steps" },
  { name: "trainDecay", published: [], kind: "number", min: 0, max: 1, meaning: "UnKE: AdamW's weight decay (published: 0.01, fixed)" },
  { name: "preserveTexts", published: ["ex_data_num"], kind: "integer", min: 0, max: 1000, meaning: "UnKE: unrelated texts whose hidden states should stay" },
]; // prettier-ignore

const KNOWN_ELSEWHERE = {
  ...ELSEWHERE,
  kl_factor: "long targets have no KL term",
  fact_token: "the token before each chunk is edited",
  mom2_adjustment: "the system always holds C",
};

/** `layer` is UnKE's; `edits` are AnyEdit's where they are not MEMIT's. */
type Row = ModelShape & {
  window: number;
  layer: number;
  weight: number;
  edits?: readonly number[];
  steps?: number;
  trainRate?: number;
};

/** Windows below the published 40 to 50: a small model's state holds less (algorithms.md 21.1 b, docs/anyedit.md). */
const KNOWN: readonly Row[] = [
  // palimpsest-facts
  { family: "gpt2", layers: 8, residualWidth: 256, window: 1, layer: 2, weight: 20, edits: [2, 3, 4, 5, 6, 7], steps: 150, trainRate: 5e-3 },
  { family: "gpt2", layers: 6, residualWidth: 96, window: 4, layer: 2, weight: 5 },
  { family: "llama", layers: 6, residualWidth: 96, window: 4, layer: 2, weight: 5 },
  { family: "llama", layers: 30, residualWidth: 576, window: 1, layer: 7, weight: 5, edits: [29], trainRate: 1e-3 }, // SmolLM2-135M
  { family: "llama", layers: 32, residualWidth: 4096, window: 40, layer: 7, weight: 15000 },
  { family: "qwen2", layers: 28, residualWidth: 3584, window: 50, layer: 7, weight: 15000 },
]; // prettier-ignore

const STEPS = 25;

function longTargetDefaults(model: ModelShape): LongTargetSettings {
  return {
    steps: STEPS,
    learningRate: 0.5,
    weightDecay: 1e-3,
    clampNormFactor: 4,
    earlyStopLoss: 1e-2,
    lossLayer: model.layers - 1,
    chat: false,
    endOfText: true,
  };
}

const trainingDefaults = (model: ModelShape): BlockTrainingSettings => ({
  trainRate: rowOf(KNOWN, model)?.trainRate ?? 2e-4,
  trainSteps: 50,
  trainDecay: 0.01,
  preserveTexts: 20,
});

export const anyEditDefinition: SettingsDefinition<AnyEditSettings> = {
  specs: (layers) => [
    { name: "inner", published: [], kind: "choice", choices: INNER_NAMES, meaning: "what writes the chunks' states into weights; EMMET takes ridge for what it adds to the states' own system" },
    { name: "chunking", published: [], kind: "choice", choices: ["window", "sentences", "whole"], meaning: "how the answer is cut" },
    { name: "window", published: ["window_size"], kind: "integer", min: 1, max: 500, meaning: "tokens of a chunk" },
    { name: "overlap", published: [], kind: "integer", min: 0, max: 499, meaning: "tokens a chunk shares with the one before" },
    { name: "lastWindow", published: [], kind: "choice", choices: ["dropped", "published"], meaning: "what becomes of a last window that the one before holds whole; published: it is kept, its state and labels one token too late" },
    editLayersSpec(layers),
    ...LONG_TARGET_SPECS,
    SECOND_MOMENT_WEIGHT,
    ...NULL_SPACE_SPECS,
    { name: "keepOthers", published: [], kind: "boolean", meaning: "all other tokens of the same texts are keys to be left alone" },
    { name: "padding", published: [], kind: "choice", choices: ["dropped", "published"], meaning: "what becomes of the padding that shorter texts of one edit would get; published: with keepOthers its keys are left alone too" },
    KEEP_EARLIER,
    { name: "loop", published: [], kind: "choice", choices: ["repaired", "published"], meaning: "published: the single-state baselines' loop bug, which divides by all layers everywhere and uses the first layer's projector" },
    ...TRAINING_SPECS,
    lossLayerSpec(layers),
  ], // prettier-ignore
  defaults: (model) => ({
    inner: "MEMIT",
    chunking: "window",
    window: rowOf(KNOWN, model)?.window ?? 8,
    overlap: 0,
    lastWindow: "dropped",
    editLayers: rowOf(KNOWN, model)?.edits ?? defaultEditLayers(model),
    ...longTargetDefaults(model),
    // Tokens that a model hardly writes take many passes; the others stop early.
    steps: rowOf(KNOWN, model)?.steps ?? STEPS,
    secondMomentWeight: rowOf(KNOWN, model)?.weight ?? Math.min(50, defaultSecondMomentWeight(model)),
    nullSpaceThreshold: 2e-2,
    ridge: 0.1,
    keepOthers: true,
    padding: "dropped",
    keepEarlier: false,
    loop: "repaired",
    ...trainingDefaults(model),
  }),
  elsewhere: KNOWN_ELSEWHERE,
};

export const unkeDefinition: SettingsDefinition<UnkeSettings> = {
  specs: (layers) => [
    { name: "layer", published: ["layers"], kind: "integer", min: 0, max: layers - 1, meaning: "block that is trained to give the new hidden state" },
    ...LONG_TARGET_SPECS,
    ...TRAINING_SPECS,
    lossLayerSpec(layers),
  ], // prettier-ignore
  defaults: (model) => ({
    layer: rowOf(KNOWN, model)?.layer ?? Math.min(model.layers - 1, Math.round(0.22 * model.layers)),
    ...longTargetDefaults(model),
    // Published: no early stop.
    earlyStopLoss: 0,
    ...trainingDefaults(model),
    ...swept<UnkeSettings>("UnKE", model),
  }),
  elsewhere: KNOWN_ELSEWHERE,
};
