/**
 * ROME's hyper-parameters: what each means, and the defaults per model (algorithms.md 2.5, 21.1).
 * Published configurations exist for the large models only; the small ones are from sweeps on the models themselves.
 */
import type { RomeSettings } from "../../domain/edit";
import {
  readSettings,
  type KnownElsewhere,
  type ReadSettings,
  type Settings,
  type SettingSpec,
} from "./settingSpec";

/** What defaults depend on; a `ModelConfig` has these fields. */
export type ModelShape = { family: string; layers: number; residualWidth: number };

/** One row per setting. `layer` and `lossLayer` get their upper bound from the model. */
export const romeSettingSpecs = (layers: number): SettingSpec[] => [
  { name: "layer", published: ["layers"], kind: "integer", min: 0, max: layers - 1, meaning: "block whose MLP output projection is edited" },
  { name: "steps", published: ["v_num_grad_steps"], kind: "integer", min: 1, max: 1000, meaning: "forward passes of the target's optimisation; the last one only evaluates" },
  { name: "learningRate", published: ["v_lr"], kind: "number", min: 1e-6, max: 100, meaning: "Adam's learning rate" },
  { name: "weightDecay", published: ["v_weight_decay"], kind: "number", min: 0, max: 1e3, meaning: "weight of ‖delta‖ / ‖target_init‖² in the loss" },
  { name: "klFactor", published: ["kl_factor"], kind: "number", min: 0, max: 1e3, meaning: "weight of the drift of the subject's own next-token distribution" },
  { name: "clampNormFactor", published: ["clamp_norm_factor"], kind: "number", min: 1e-6, max: 1e6, meaning: "‖delta‖ is kept below this multiple of ‖target_init‖" },
  { name: "earlyStopLoss", published: [], kind: "number", min: 0, max: 1e3, meaning: "total loss below which the optimisation stops (published: 0.05, fixed)" },
  { name: "useSecondMoment", published: ["mom2_adjustment"], kind: "boolean", meaning: "multiply the key by the inverse second moment of keys" },
  { name: "factToken", published: ["fact_token"], kind: "choice", choices: ["subject_last", "subject_first", "subject_first_after_last", "last"], meaning: "token whose state is edited" },
  { name: "key", published: [], kind: "choice", choices: ["published", "bare", "mean"], meaning: "key in the update: ROME's own mix (mean above, bare below), the bare prompt's, or the mean over contexts (R-ROME)" },
  { name: "lossLayer", published: ["v_loss_layer"], kind: "integer", min: 0, max: layers - 1, meaning: "block whose output the loss is read from; ROME reads the model's logits, that is the last block" },
]; // prettier-ignore

/** Fields of the published ROME files that describe the checkpoint or the data rather than the method. */
const FROM_THE_MODEL = "the lab takes it from the model itself";
const FROM_THE_STATISTICS = "statistics are made from the texts you give";
const ELSEWHERE: KnownElsewhere = {
  rewrite_module_tmp: FROM_THE_MODEL,
  layer_module_tmp: FROM_THE_MODEL,
  mlp_module_tmp: FROM_THE_MODEL,
  attn_module_tmp: FROM_THE_MODEL,
  ln_f_module: FROM_THE_MODEL,
  lm_head_module: FROM_THE_MODEL,
  mom2_dataset: FROM_THE_STATISTICS,
  mom2_n_samples: FROM_THE_STATISTICS,
  mom2_dtype: FROM_THE_STATISTICS,
  context_template_length_params: "context templates are given as such, or sampled in the published lengths",
};

type Row = { family: string; layers: number; residualWidth: number; settings: Partial<RomeSettings> };

const LARGE_GPT: Partial<RomeSettings> = { weightDecay: 0.5, steps: 20 };
const LARGE_LLAMA: Partial<RomeSettings> = { weightDecay: 1e-3, steps: 25 };

/** Known models by their geometry, which a renamed or requantised file keeps. */
const KNOWN: readonly Row[] = [
  { family: "gpt2", layers: 6, residualWidth: 96, settings: { layer: 1 } }, // tiny-facts2-gpt2
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
  const known = KNOWN.find(
    (row) =>
      row.family === model.family && row.layers === model.layers && row.residualWidth === model.residualWidth,
  );
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

/** The caller's settings over the model's defaults. Throws AppError `bad-request` naming the field. */
export function readRomeSettings(given: Settings, model: ModelShape): ReadSettings<RomeSettings> {
  const read = readSettings(romeSettingSpecs(model.layers), romeDefaults(model), given, ELSEWHERE);
  if (read.settings.lossLayer !== model.layers - 1) {
    read.notes.push("“lossLayer” has no effect: ROME reads the model's logits.");
    read.settings.lossLayer = model.layers - 1;
  }
  return read;
}
