/**
 * ROME's hyper-parameters: what each means, and the defaults per model (algorithms.md 2.5, 21.1).
 * Published configurations exist for the large models only; the small ones are from sweeps on the models themselves.
 */
import type { RomeSettings } from "../../domain/edit";
import type { ReadSettings, Settings, SettingSpec } from "./settingSpec";
import {
  ELSEWHERE,
  FACT_TOKEN_SPEC,
  lossLayerSpec,
  readWith,
  rowOf,
  TARGET_SPECS,
  type ModelShape,
  type SettingsDefinition,
} from "./sharedSettings";

import { swept } from "./sweptSettings";

export type { ModelShape } from "./sharedSettings";

/** One row per setting. `layer` and `lossLayer` get their upper bound from the model. */
export const romeSettingSpecs = (layers: number): SettingSpec[] => [
  { name: "layer", published: ["layers"], kind: "integer", min: 0, max: layers - 1, meaning: "block whose MLP output projection is edited" },
  ...TARGET_SPECS,
  { name: "useSecondMoment", published: ["mom2_adjustment"], kind: "boolean", meaning: "multiply the key by the inverse second moment of keys" },
  FACT_TOKEN_SPEC,
  { name: "key", published: [], kind: "choice", choices: ["published", "bare", "mean"], meaning: "key in the update: ROME's own mix (mean above, bare below), the bare prompt's, or the mean over contexts (R-ROME)" },
  lossLayerSpec(layers),
]; // prettier-ignore

type Row = ModelShape & { settings: Partial<RomeSettings> };

const LARGE_GPT: Partial<RomeSettings> = { weightDecay: 0.5, steps: 20 };
const LARGE_LLAMA: Partial<RomeSettings> = { weightDecay: 1e-3, steps: 25 };

/** Known models by their geometry, which a renamed or requantised file keeps. */
const KNOWN: readonly Row[] = [
  { family: "gpt2", layers: 6, residualWidth: 96, settings: { layer: 1 } }, // tiny-facts2-gpt2
  { family: "gpt2", layers: 8, residualWidth: 256, settings: { layer: 2 } }, // palimpsest-facts
  { family: "llama", layers: 6, residualWidth: 96, settings: { layer: 1 } }, // tiny-facts2-llama
  { family: "llama", layers: 30, residualWidth: 576, settings: { layer: 7 } }, // SmolLM2-135M
  { family: "gpt2", layers: 12, residualWidth: 768, settings: { layer: 4 } }, // gpt2
  { family: "gpt2", layers: 24, residualWidth: 1024, settings: { ...LARGE_GPT, layer: 8, clampNormFactor: 3 } },
  { family: "gpt2", layers: 36, residualWidth: 1280, settings: { ...LARGE_GPT, layer: 12 } },
  { family: "gpt2", layers: 48, residualWidth: 1600, settings: { ...LARGE_GPT, layer: 17 } },
  { family: "gptj", layers: 28, residualWidth: 4096, settings: { ...LARGE_GPT, layer: 5 } },
  { family: "gpt_neox", layers: 44, residualWidth: 6144, settings: { ...LARGE_GPT, layer: 15 } },
  { family: "llama", layers: 32, residualWidth: 4096, settings: { ...LARGE_LLAMA, layer: 5 } },
  { family: "llama", layers: 28, residualWidth: 3072, settings: { ...LARGE_LLAMA, layer: 5 } },
  { family: "qwen2", layers: 28, residualWidth: 3584, settings: { ...LARGE_LLAMA, layer: 5 } },
]; // prettier-ignore

/** The published choices lie at 0.33–0.35 of the depth. */
const RELATIVE_DEPTH = 1 / 3;

/** Defaults for a model: its own row, or small-model values at a third of the depth. */
export function romeDefaults(model: ModelShape): RomeSettings {
  const known = rowOf(KNOWN, model);
  return {
    layer: Math.min(model.layers - 1, Math.round(model.layers * RELATIVE_DEPTH)),
    steps: 20,
    learningRate: 0.5,
    weightDecay: 1e-3,
    klFactor: 0.0625,
    clampNormFactor: 4,
    earlyStopLoss: 5e-2,
    useSecondMoment: true,
    factToken: "subject_last",
    key: "published",
    lossLayer: model.layers - 1,
    ...known?.settings,
  };
}

export const romeDefinition: SettingsDefinition<RomeSettings> = {
  specs: romeSettingSpecs,
  defaults: romeDefaults,
  elsewhere: ELSEWHERE,
};

/** R-ROME: one key above and below, by default the mean over contexts (algorithms.md 3, variant A). */
export const rRomeDefinition: SettingsDefinition<RomeSettings> = {
  specs: (layers) =>
    romeSettingSpecs(layers).map((spec) =>
      spec.name === "key" && spec.kind === "choice"
        ? {
            ...spec,
            choices: ["mean", "bare"],
            meaning: "the update's one key: the mean over contexts, or the bare prompt's",
          }
        : spec,
    ),
  defaults: (model) => ({ ...romeDefaults(model), key: "mean", ...swept<RomeSettings>("R-ROME", model) }),
  elsewhere: {
    ...ELSEWHERE,
    enable_prompt_keys: "set key=bare instead",
    enable_random_prefix_keys: "it is the default; key=bare is the other variant",
    original_implementation: "ROME is a method of its own",
  },
};

/** The caller's settings over the model's defaults. Throws AppError `bad-request` naming the field. */
export const readRomeSettings = (given: Settings, model: ModelShape): ReadSettings<RomeSettings> =>
  readWith(romeDefinition, given, model);
