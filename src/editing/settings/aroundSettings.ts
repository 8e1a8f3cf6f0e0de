/** Hyper-parameters of the methods around the model, IKE and SERAC (algorithms.md 14, 15). */
import type { SettingSpec } from "./settingSpec";
import { ELSEWHERE, type SettingsDefinition } from "./sharedSettings";
import { TRAINING_FIELDS } from "./trainingFields";

export type IkeSettings = {
  demonstrations: number;
  order: "nearestFirst" | "nearestLast";
  reach: number;
  encoder: "own" | "sentence";
};

const ENCODER: SettingSpec = {
  name: "encoder",
  published: ["sentence_model_name"],
  kind: "choice",
  choices: ["own", "sentence"],
  meaning:
    "what tells how alike texts are: the model's own states, or a sentence encoder (fetched when first used)",
};

export const ikeDefinition: SettingsDefinition<IkeSettings> = {
  specs: () => [
    { name: "demonstrations", published: ["k"], kind: "integer", min: 0, max: 64, meaning: "examples put in front of the fact, as far as the context has room; 0 states the fact alone (published: use_icl_examples = false)" },
    { name: "order", published: [], kind: "choice", choices: ["nearestFirst", "nearestLast"], meaning: "where the example most like the fact stands (published code: first; paper: last)" },
    { name: "reach", published: [], kind: "number", min: -1, max: 1, meaning: "least cosine between a question and a fact for the fact to be put in front; -1 puts it in front of everything (published)" },
    ENCODER,
  ], // prettier-ignore
  defaults: () => ({ demonstrations: 16, order: "nearestFirst", reach: -1, encoder: "own" }),
  elsewhere: { ...ELSEWHERE, results_dir: "nothing is stored beside the edit" },
};

export type SeracSettings = { threshold: number; encoder: "own" | "sentence" };

export const seracDefinition: SettingsDefinition<SeracSettings> = {
  specs: () => [
    { name: "threshold", published: [], kind: "number", min: 0.01, max: 0.99, meaning: "probability of being in an edit's scope from which on its answer is recited" },
    ENCODER,
  ], // prettier-ignore
  defaults: () => ({ threshold: 0.5, encoder: "own" }),
  elsewhere: {
    ...ELSEWHERE,
    ...TRAINING_FIELDS,
    archive: "the lab trains the classifier itself",
    inner_params: "no weight is edited",
    small_name: "the counterfactual model has no weights: it recites",
    cls_name: "set encoder instead",
    cls_class: "set encoder instead",
    dist_scale: "the classifier is trained whole",
    edit_lr: "the classifier is trained by Newton's method",
  },
};
