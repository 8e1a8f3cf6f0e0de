/** Fields of EasyEdit's training configurations (MEND, SERAC) that say how a network was trained, not how it edits. */
import type { KnownElsewhere } from "./settingSpec";

const NAMES =
  "model_class tokenizer_class tokenizer_name cedit iedit cloc cbase dropout train_base no_grad_layers one_sided n_hidden " +
  "hidden_dim init norm combine x_only delta_only act rank mlp_class shared batch_size val_batch_size accumulate_bs " +
  "val_steps opt grad_clip debug save max_epochs max_iters log_interval eval_log_interval final_eval val_interval " +
  "early_stop_patience early_stop_key eval_only half verbose results_dir silent log_errors seed lr lr_lr task data train_set " +
  "dist_heads cross_attend soft_weighting checkpoint_grad bound_embeds use_all_negatives freeze freeze_cntr square " +
  "cos supervised";

/** Each with the same reason: training is `scripts/train`'s or the lab's own. */
export const TRAINING_FIELDS: KnownElsewhere = Object.fromEntries(
  NAMES.split(" ").map((name) => [name, "it belongs to the training, which is done beforehand"]),
);
