/** What the lab tells of its editing methods, so that a page or a shell can offer them without knowing any. */
import type { EditMethod, Settings } from "./edit";

type Common = {
  name: string;
  /** The published code's names for it. */
  published: readonly string[];
  meaning: string;
};

/** One hyper-parameter: its kind, its range and what it means. */
export type SettingSpec =
  /** `off` is what `false` stands for, where published files write that. */
  | (Common & { kind: "number" | "integer"; min: number; max: number; off?: number })
  | (Common & { kind: "boolean" })
  /** Blocks, ascending; at least one, at most `max`. */
  | (Common & { kind: "layers"; max: number })
  | (Common & { kind: "choice"; choices: readonly string[] });

/**
 * The survey's families (arXiv 2310.16218): inside the model by locating first, by fine-tuning, or by attribution and
 * hyper-networks; beside its weights; around it.
 */
export type MethodFamily = "locate" | "fineTune" | "attribute" | "beside" | "around";

export type MethodDescription = {
  name: EditMethod;
  family: MethodFamily;
  /** One honest sentence. */
  summary: string;
  /** What it changes in the model. */
  changes: string;
  /** Several requests become one edit; otherwise one edit each. */
  batch: boolean;
  /** Takes answers of many tokens to whole questions. */
  longTargets: boolean;
  /** For the loaded model. */
  settings: SettingSpec[];
  defaults: Settings;
};
