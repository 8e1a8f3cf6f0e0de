/** WISE's hyper-parameters (algorithms.md 13). */
import { MERGE_RULES, type MergeRule } from "../mergeShards";
import type { LabelMask } from "../sideMemoryTexts";
import { ELSEWHERE, rowOf, type ModelShape, type SettingsDefinition } from "./sharedSettings";

export type WiseSettings = {
  layer: number;
  matrix: "mlpIn" | "mlpOut";
  steps: number;
  learningRate: number;
  weightDecay: number;
  normConstraint: number;
  outsideBelow: number;
  insideAbove: number;
  gap: number;
  actRatio: number;
  maskRatio: number;
  saveEvery: number;
  mergeEvery: number;
  merge: MergeRule;
  density: number;
  mergeWeight: number;
  unrelatedTexts: number;
  routing: "token" | "text";
  answerMean: "answer" | "published";
  labelMask: LabelMask;
};

type Row = ModelShape & { own: Partial<WiseSettings> };

/**
 * Published choices lie late, GPT-2's at two thirds; those of the small models are this lab's. The embedded one's are
 * from measurement (docs/superposition.md): a copy of its size holds some twenty facts, and behind the nonlinearity, where
 * keys of one relation differ, later ones write over fewer of them.
 */
const KNOWN: readonly Row[] = [
  { family: "gpt2", layers: 8, residualWidth: 256, own: { layer: 6, matrix: "mlpOut", saveEvery: 20 } },
  { family: "gpt2", layers: 6, residualWidth: 96, own: { layer: 3 } },
  { family: "llama", layers: 6, residualWidth: 96, own: { layer: 4 } },
  { family: "gpt2", layers: 12, residualWidth: 768, own: { layer: 8 } },
  { family: "gptj", layers: 28, residualWidth: 4096, own: { layer: 21 } },
  { family: "llama", layers: 32, residualWidth: 4096, own: { layer: 27 } },
  { family: "llama", layers: 28, residualWidth: 3072, own: { layer: 27 } },
  { family: "qwen2", layers: 28, residualWidth: 3584, own: { layer: 23 } },
];

/** Margins are lengths of activations, which grow with the root of the width; published for widths about this one. */
const PUBLISHED_WIDTH = 4096;
const PUBLISHED_MARGINS = { outsideBelow: 5, insideAbove: 20, gap: 10 };

export const wiseDefinition: SettingsDefinition<WiseSettings> = {
  specs: (layers) => [
    { name: "layer", published: ["layers"], kind: "integer", min: 0, max: layers - 1, meaning: "block that gets the side memory" },
    { name: "matrix", published: [], kind: "choice", choices: ["mlpIn", "mlpOut"], meaning: "which of its MLP's projections is copied (published: c_fc on GPT-2, down_proj on Llama)" },
    { name: "steps", published: ["n_iter"], kind: "integer", min: 1, max: 1000, meaning: "updates of the copy for each fact" },
    { name: "learningRate", published: ["edit_lr"], kind: "number", min: 1e-6, max: 100, meaning: "gradient descent's learning rate on the copy" },
    { name: "weightDecay", published: [], kind: "number", min: 0, max: 1, meaning: "pull of every entry of the copy towards zero (published: 1e-5, fixed; with 0 those that no shard may change stay as they are)" },
    { name: "normConstraint", published: ["norm_constraint"], kind: "number", min: 1e-6, max: 1e6, meaning: "how far an entry of the copy may lie from the map's" },
    { name: "outsideBelow", published: [], kind: "number", min: 0, max: 1e6, meaning: "activation distance that other texts should stay below (first of the published act_margin)" },
    { name: "insideAbove", published: [], kind: "number", min: 0, max: 1e6, meaning: "activation distance that the fact should exceed (second of act_margin)" },
    { name: "gap", published: [], kind: "number", min: 0, max: 1e6, meaning: "by how much the fact's distance should exceed the others' (third of act_margin)" },
    { name: "actRatio", published: ["act_ratio"], kind: "number", min: 0, max: 10, meaning: "share of the smallest distance of a written fact from which on the copy answers" },
    { name: "maskRatio", published: ["mask_ratio"], kind: "number", min: 1e-3, max: 1, meaning: "share of the entries that one shard may change" },
    { name: "saveEvery", published: ["save_freq"], kind: "integer", min: 1, max: 10_000, meaning: "facts after which the copy is closed and a new one begun" },
    { name: "mergeEvery", published: ["merge_freq"], kind: "integer", min: 1, max: 10_000, meaning: "facts after which the latest closed copies become one" },
    { name: "merge", published: ["merge_alg"], kind: "choice", choices: MERGE_RULES, meaning: "how copies become one; `first` is what the published `linear` does: a share of the first alone" },
    { name: "density", published: ["densities"], kind: "number", min: 1e-3, max: 1, meaning: "share of a copy's changes that trimming keeps" },
    { name: "mergeWeight", published: ["weights"], kind: "number", min: 1e-3, max: 100, meaning: "weight of all merged copies together" },
    { name: "unrelatedTexts", published: [], kind: "integer", min: 0, max: 16, meaning: "texts per fact on which the copy should stay silent (published: one)" },
    { name: "routing", published: [], kind: "choice", choices: ["token", "text"], meaning: "each token goes its own way, the same in every pass; or, as published, all that one pass reads goes one way" },
    { name: "answerMean", published: [], kind: "choice", choices: ["answer", "published"], meaning: "the loss is the mean over the answer's tokens, or as published over one more" },
    { name: "labelMask", published: [], kind: "choice", choices: ["own", "leftPadded", "rightPadded"], meaning: "which labels are learned: each row's own answer; or, as published, what stands behind the longest row's prompt in rows padded on the left (its GPT-2 and Llama 2) or on the right (its other models)" },
  ], // prettier-ignore
  defaults: (model) => {
    const scale = Math.sqrt(model.residualWidth / PUBLISHED_WIDTH);
    const { outsideBelow, insideAbove, gap } = PUBLISHED_MARGINS;
    return {
      layer: Math.min(model.layers - 1, Math.round(0.8 * model.layers)),
      matrix: model.family === "gpt2" ? "mlpIn" : "mlpOut",
      steps: 40,
      learningRate: 1,
      weightDecay: 0,
      normConstraint: 1,
      outsideBelow: outsideBelow * scale,
      insideAbove: insideAbove * scale,
      gap: gap * scale,
      actRatio: 0.8,
      maskRatio: 0.2,
      saveEvery: 500,
      mergeEvery: 1000,
      merge: "ties",
      density: 0.53,
      mergeWeight: 1,
      unrelatedTexts: 1,
      routing: "token",
      answerMean: "answer",
      labelMask: "own",
      ...rowOf(KNOWN, model)?.own,
    };
  },
  elsewhere: {
    ...ELSEWHERE,
    inner_params: "set layer and matrix instead",
    act_margin: "set outsideBelow, insideAbove and gap instead",
    hidden_act: "the lab takes it from the model itself",
    objective_optimization: "the answer alone is scored",
    retrieve: "every copy is asked",
    replay: "earlier facts are not replayed",
  },
};
