/** Hyper-parameter files of the published repositories are read as they are: no field in them is refused. */
import { expect, test } from "vitest";
import type { EditMethod, Settings } from "../../domain/edit";
import { methodNamed } from "../methods/methods";
import { readWith } from "./sharedSettings";

const SHAPE = { family: "gpt2", layers: 48, residualWidth: 1600 };

/** Of several methods' files: what the code under test finds in the model, in the statistics or nowhere. */
const COMMON: Settings = {
  alg_name: "X",
  model_name: "gpt2-xl",
  stats_dir: "stats",
  device: 0,
  model_parallel: false,
  fp16: false,
  max_length: 40,
};
const MODULES: Settings = {
  layer_selection: "all",
  rewrite_module_tmp: "transformer.h.{}.mlp.c_proj",
  layer_module_tmp: "transformer.h.{}",
  mlp_module_tmp: "transformer.h.{}.mlp",
  attn_module_tmp: "transformer.h.{}.attn",
  ln_f_module: "transformer.ln_f",
  lm_head_module: "transformer.wte",
};
const TARGET: Settings = {
  ...MODULES,
  fact_token: "subject_last",
  v_num_grad_steps: 30,
  v_lr: 0.2,
  v_loss_layer: 47,
  v_weight_decay: 0.5,
  clamp_norm_factor: 0.75,
  kl_factor: 1,
  mom2_adjustment: true,
  mom2_update_weight: 6000,
  mom2_dataset: "wikipedia",
  mom2_n_samples: 100000,
  mom2_dtype: "float32",
};
const FINE_TUNING: Settings = { num_steps: 25, batch_size: 1, lr: 5e-4, weight_decay: 0, kl_factor: 0 };

test.each<[EditMethod, Settings, Settings]>([
  ["MEMIT", { ...TARGET, layers: [13, 14] }, { editLayers: [13, 14], secondMomentWeight: 6000, steps: 30 }],
  ["EMMET", { ...TARGET, layers: [17], emmet_lambda: 0.1, update_norm_lambda: 0 }, { layer: 17, klFactor: 1 }],
  ["PMET", { ...TARGET, layers: [3, 4], nll_loss_factor: 1, rewrite_module_tmps: "[x]" }, { steps: 30 }],
  ["AlphaEdit", { ...TARGET, layers: [4], nullspace_threshold: 0.02, L2: 10, P_loc: "p.pt" }, { ridge: 10 }],
  ["FT-L", { ...MODULES, ...FINE_TUNING, layers: [21], norm_constraint: false, objective_optimization: "prompt_last" }, { layer: 21, normConstraint: 0 }],
  ["FT-M", { ...MODULES, ...FINE_TUNING, layers: [0], norm_constraint: "false" }, { normConstraint: 0 }],
  ["FT-M", { norm_constraint: 5e-4 }, { normConstraint: 5e-4 }],
  ["LoRA", { ...FINE_TUNING, layers: [], rank: 8, lora_alpha: 32, lora_dropout: 0.1, norm_constraint: false, lora_type: "lora", target_modules: "[q_proj]" }, { rank: 8, alpha: 32 }],
  ["KN", { lr_scale: 1, n_toks: 10, refine: false, batch_size: 20, steps: 1, adaptive_threshold: 0.2, p: 0.4 }, { steps: 1, threshold: 0.2 }],
  ["GRACE", { inner_params: "[x]", edit_lr: 1, n_iter: 50, eps: 1, dist_fn: "euc", val_init: "cold", val_train: "sgd", val_reg: "None", reg: "early_stop", replacement: "replace_last", eps_expand: "coverage", num_pert: 8, dropout: 0 }, { steps: 50, radius: 1 }],
  ["MEND", { model_class: "GPT2LMHeadModel", inner_params: "[x]", archive: "x.pt", lr: 1e-6, edit_lr: 1e-4, lr_lr: 1e-4, cedit: 0.1, cloc: 1, rank: 1920, mlp_class: "IDMLP", max_iters: 100_000, half: false }, { rateFactor: 1 }],
  ["SERAC", { small_name: "gpt2", cls_name: "distilbert", cross_attend: false, dist_heads: 1, soft_weighting: false, max_iters: 20_000, opt: "Adam", archive: "x.pt" }, { threshold: 0.5 }],
  ["IKE", { sentence_model_name: "sentence", k: 16, results_dir: "results" }, { demonstrations: 16 }],
])("%s with %o", (method, given, expected) => {
  const { settings } = readWith(methodNamed(method).settings, { ...COMMON, ...given }, SHAPE);
  expect(settings).toMatchObject(expected);
}); // prettier-ignore

test("what has no bound does not take false for one, and true is none", () => {
  const read = (method: EditMethod, given: Settings) => readWith(methodNamed(method).settings, given, SHAPE);
  expect(() => read("FT-L", { norm_constraint: true })).toThrow("must be a number");
  expect(() => read("MEMIT", { v_lr: false })).toThrow("must be a number");
});
