/**
 * What several methods' settings have in common: the rows of a target's optimisation, published fields that the lab
 * takes from elsewhere, and models known by their geometry.
 */
import {
  readSettings,
  type KnownElsewhere,
  type ReadSettings,
  type Settings,
  type SettingSpec,
} from "./settingSpec";

/** What defaults depend on; a `ModelConfig` has these fields. */
export type ModelShape = { family: string; layers: number; residualWidth: number };

/** One method's settings: rows for a model of so many layers, defaults, and published fields without effect here. */
export type SettingsDefinition<S extends Settings> = {
  specs(layers: number): SettingSpec[];
  defaults(model: ModelShape): S;
  elsewhere: KnownElsewhere;
};

/** A target vector's optimisation (algorithms.md 0.7). */
export const TARGET_SPECS: readonly SettingSpec[] = [
  { name: "steps", published: ["v_num_grad_steps"], kind: "integer", min: 1, max: 1000, meaning: "forward passes of the target's optimisation; the last one only evaluates" },
  { name: "learningRate", published: ["v_lr"], kind: "number", min: 1e-6, max: 100, meaning: "Adam's learning rate" },
  { name: "weightDecay", published: ["v_weight_decay"], kind: "number", min: 0, max: 1e3, meaning: "weight of ‖delta‖ / ‖target_init‖² in the loss" },
  { name: "klFactor", published: ["kl_factor"], kind: "number", min: 0, max: 1e3, meaning: "weight of the drift of the subject's own next-token distribution" },
  { name: "clampNormFactor", published: ["clamp_norm_factor"], kind: "number", min: 1e-6, max: 1e6, meaning: "‖delta‖ is kept below this multiple of ‖target_init‖" },
  { name: "earlyStopLoss", published: [], kind: "number", min: 0, max: 1e3, meaning: "total loss below which the optimisation stops" },
]; // prettier-ignore

export const FACT_TOKEN_SPEC: SettingSpec = {
  name: "factToken",
  published: ["fact_token"],
  kind: "choice",
  choices: ["subject_last", "subject_first", "subject_first_after_last", "last"],
  meaning: "token whose state is edited",
};

/** The loss is always read from the model's logits, that is after the last block. */
export const lossLayerSpec = (layers: number): SettingSpec => ({
  name: "lossLayer",
  published: ["v_loss_layer"],
  kind: "integer",
  min: 0,
  max: layers - 1,
  meaning: "block whose output the loss is read from; here always the last one",
});

const FROM_THE_MODEL = "the lab takes it from the model itself";
const FROM_THE_STATISTICS = "statistics are made from the texts you give";

/** Fields of published files that describe the checkpoint or the data rather than the method. */
export const ELSEWHERE: KnownElsewhere = {
  rewrite_module_tmp: FROM_THE_MODEL,
  rewrite_module_tmps: FROM_THE_MODEL,
  layer_module_tmp: FROM_THE_MODEL,
  mlp_module_tmp: FROM_THE_MODEL,
  attn_module_tmp: FROM_THE_MODEL,
  ln_f_module: FROM_THE_MODEL,
  lm_head_module: FROM_THE_MODEL,
  model_name: FROM_THE_MODEL,
  device: FROM_THE_MODEL,
  model_parallel: FROM_THE_MODEL,
  fp16: FROM_THE_MODEL,
  max_length: "texts are read whole",
  alg_name: "the method is named by itself",
  layer_selection: "the layers are given as such",
  stats_dir: FROM_THE_STATISTICS,
  mom2_dataset: FROM_THE_STATISTICS,
  mom2_n_samples: FROM_THE_STATISTICS,
  mom2_dtype: FROM_THE_STATISTICS,
  context_template_length_params: "context templates are given as such, or sampled in the published lengths",
};

/** The row of a table that has this model's geometry, which a renamed or requantised file keeps. */
export function rowOf<Row extends ModelShape>(rows: readonly Row[], model: ModelShape): Row | undefined {
  return rows.find(
    (row) =>
      row.family === model.family && row.layers === model.layers && row.residualWidth === model.residualWidth,
  );
}

/** The caller's settings over the model's defaults. Throws AppError `bad-request` naming the field. */
export function readWith<S extends Settings>(
  definition: SettingsDefinition<S>,
  given: Settings,
  model: ModelShape,
): ReadSettings<S> {
  const read = readSettings<S>(
    definition.specs(model.layers),
    definition.defaults(model),
    given,
    definition.elsewhere,
  );
  if ("lossLayer" in read.settings && read.settings["lossLayer"] !== model.layers - 1) {
    read.notes.push("“lossLayer” has no effect: the loss is read from the model's logits.");
    (read.settings as Settings)["lossLayer"] = model.layers - 1;
  }
  return read;
}
