/** AlphaEdit's hyper-parameters (algorithms.md 7). */
import {
  blockTargetDefaults,
  defaultEditLayers,
  editLayersSpec,
  KEEP_EARLIER,
  type BlockTargetSettings,
} from "./memitSettings";
import {
  ELSEWHERE,
  FACT_TOKEN_SPEC,
  lossLayerSpec,
  rowOf,
  TARGET_SPECS,
  type ModelShape,
  type SettingsDefinition,
} from "./sharedSettings";
import { swept } from "./sweptSettings";
import type { SettingSpec } from "./settingSpec";

export type AlphaEditSettings = BlockTargetSettings & {
  editLayers: readonly number[];
  /** Eigenvalues of C below it count as zero. */
  nullSpaceThreshold: number;
  /** Weight of the update's own size. */
  ridge: number;
  keepEarlier: boolean;
};

export const NULL_SPACE_SPECS: readonly SettingSpec[] = [
  { name: "nullSpaceThreshold", published: ["nullspace_threshold"], kind: "number", min: 0, max: 1e9, meaning: "directions of key space with an eigenvalue of C below it are free to be written; absolute, so it depends on the model" },
  { name: "ridge", published: ["L2"], kind: "number", min: 1e-9, max: 1e9, meaning: "weight of the update's own size" },
]; // prettier-ignore

type Row = ModelShape & { threshold: number; ridge: number };

/** Where the spectrum was looked at; the published 2e-2 belongs to models with larger keys. */
const KNOWN: readonly Row[] = [
  { family: "gpt2", layers: 6, residualWidth: 96, threshold: 0.05, ridge: 1 }, // tiny-facts2-gpt2
  { family: "llama", layers: 6, residualWidth: 96, threshold: 0.2, ridge: 1 }, // tiny-facts2-llama
];

export const alphaEditDefinition: SettingsDefinition<AlphaEditSettings> = {
  specs: (layers) => [
    editLayersSpec(layers),
    ...TARGET_SPECS,
    ...NULL_SPACE_SPECS,
    KEEP_EARLIER,
    FACT_TOKEN_SPEC,
    lossLayerSpec(layers),
  ],
  defaults: (model) => ({
    editLayers: defaultEditLayers(model),
    ...blockTargetDefaults(model),
    nullSpaceThreshold: rowOf(KNOWN, model)?.threshold ?? 2e-2,
    ridge: rowOf(KNOWN, model)?.ridge ?? 1,
    keepEarlier: true,
    ...swept<AlphaEditSettings>("AlphaEdit", model),
  }),
  elsewhere: {
    ...ELSEWHERE,
    P_loc: "projectors are made from the statistics, and kept",
    mom2_adjustment: "the projector is always made from C",
    mom2_update_weight: "AlphaEdit's published code does not read it",
  },
};
