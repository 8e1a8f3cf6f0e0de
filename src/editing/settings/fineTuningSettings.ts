/** Fine-tuning's and LoRA's hyper-parameters (algorithms.md 10 and 11). */
import type { SettingSpec } from "./settingSpec";
import { ELSEWHERE, rowOf, type ModelShape, type SettingsDefinition } from "./sharedSettings";
import { swept } from "./sweptSettings";

export type FineTuningSettings = {
  layer: number;
  learningRate: number;
  steps: number;
  /** Every entry stays within this distance of its old value; 0 sets no bound. */
  normConstraint: number;
  stopLoss: number;
  batchSize: number;
  scoreSpecials: boolean;
  padMask: "own" | "published";
};

export type LoraSettings = {
  rank: number;
  alpha: number;
  learningRate: number;
  steps: number;
  modules: "queryValue" | "fusedQueryKeyValue" | "mlp";
};

const RATE: SettingSpec = { name: "learningRate", published: ["lr"], kind: "number", min: 1e-9, max: 1, meaning: "Adam's learning rate" }; // prettier-ignore
const STEPS: SettingSpec = { name: "steps", published: ["num_steps"], kind: "integer", min: 1, max: 10_000, meaning: "passes over the requests" }; // prettier-ignore

const KNOWN_ELSEWHERE = {
  ...ELSEWHERE,
  kl_factor: "the published code does not read it",
  weight_decay: "published as 0 everywhere",
  objective_optimization: "FT-L and FT-M are methods of their own",
};

type Row = ModelShape & { layer: number; bound: number; rate: number };

/** Bounds and rates of the published constrained runs; small models from the fixtures. */
const KNOWN: readonly Row[] = [
  { family: "gpt2", layers: 6, residualWidth: 96, layer: 1, bound: 0.01, rate: 5e-3 },
  { family: "llama", layers: 6, residualWidth: 96, layer: 1, bound: 0.02, rate: 5e-3 },
  { family: "gpt2", layers: 24, residualWidth: 1024, layer: 0, bound: 2e-3, rate: 5e-4 },
  { family: "gpt2", layers: 36, residualWidth: 1280, layer: 0, bound: 1e-3, rate: 5e-4 },
  { family: "gpt2", layers: 48, residualWidth: 1600, layer: 0, bound: 5e-4, rate: 5e-4 },
  { family: "gptj", layers: 28, residualWidth: 4096, layer: 0, bound: 5e-5, rate: 5e-4 },
  { family: "llama", layers: 32, residualWidth: 4096, layer: 21, bound: 0, rate: 5e-4 },
];

export const fineTuningDefinition: SettingsDefinition<FineTuningSettings> = {
  specs: (layers) => [
    { name: "layer", published: ["layers"], kind: "integer", min: 0, max: layers - 1, meaning: "block whose MLP output projection (and bias) is trained" },
    RATE,
    STEPS,
    { name: "normConstraint", published: ["norm_constraint"], kind: "number", min: 0, max: 1e3, off: 0, meaning: "largest change of any entry (FT with an L∞ bound); 0 sets none (published: false)" },
    { name: "stopLoss", published: [], kind: "number", min: 0, max: 100, meaning: "training ends when a pass's mean loss is below (published: 0.01, fixed)" },
    { name: "batchSize", published: ["batch_size"], kind: "integer", min: 1, max: 128, meaning: "requests per update" },
    { name: "scoreSpecials", published: [], kind: "boolean", meaning: "FT-L: also score the beginning-of-text token that the target gets when encoded alone, as the published code does" },
    { name: "padMask", published: [], kind: "choice", choices: ["own", "published"], meaning: "FT-M: what counts as the answer in a batch: each row's own; or, as the published mask has it in rows padded on the right, as many tokens later as the row has padding, which then is to be learned" },
  ], // prettier-ignore
  defaults: (model) => {
    const known = rowOf(KNOWN, model);
    return {
      layer: known?.layer ?? Math.min(model.layers - 1, Math.round(0.7 * model.layers)),
      learningRate: known?.rate ?? 5e-4,
      steps: 25,
      normConstraint: known?.bound ?? 0,
      stopLoss: 1e-2,
      batchSize: 1,
      scoreSpecials: false,
      padMask: "own",
      // FT-L trains the same layer as well or as badly.
      ...swept<FineTuningSettings>("FT-M", model),
    };
  },
  elsewhere: KNOWN_ELSEWHERE,
};

export const loraDefinition: SettingsDefinition<LoraSettings> = {
  specs: () => [
    { name: "rank", published: [], kind: "integer", min: 1, max: 512, meaning: "rank of every change" },
    { name: "alpha", published: ["lora_alpha"], kind: "number", min: 1e-6, max: 1e6, meaning: "changes are scaled by alpha / rank" },
    RATE,
    STEPS,
    { name: "modules", published: [], kind: "choice", choices: ["queryValue", "fusedQueryKeyValue", "mlp"], meaning: "which matrices of every block get one; fused: query, key and value share their first factor, as where a checkpoint holds them as one" },
  ], // prettier-ignore
  defaults: (model) => ({
    rank: 8,
    alpha: 32,
    learningRate: 5e-3,
    steps: 30,
    modules: model.family === "gpt2" ? "fusedQueryKeyValue" : "queryValue",
    ...swept<LoraSettings>("LoRA", model),
  }),
  elsewhere: {
    ...KNOWN_ELSEWHERE,
    lora_type: "plain LoRA",
    lora_dropout: "edits are trained without dropout, so that they can be repeated",
    target_modules: "set modules instead",
    layers: "every block gets one",
    norm_constraint: "LoRA has none",
    batch_size: "one request at a time",
  },
};
