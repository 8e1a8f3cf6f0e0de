/** Which settings a sweep tries for each method: the layer first, then what matters besides, at the best one. */
import type { EditMethod, Settings } from "../../src/domain/edit";

export type Plan = {
  /** Settings for one layer, the upper end of the edited ones. */
  at(layer: number): Settings[];
  /** More settings, each added to the best of the first stage. */
  then: readonly Settings[];
};

/** One layer, or the last of two or three. */
const windows = (last: number): Settings[] =>
  [1, 2, 3].filter((count) => last >= count - 1).map((count) => ({ editLayers: Array.from({ length: count }, (_, at) => last - count + 1 + at) })); // prettier-ignore
const single = (layer: number): Settings[] => [{ layer }];
const each = (name: string, values: readonly (number | string)[]): Settings[] =>
  values.map((value) => ({ [name]: value }));

const WEIGHTS = each("secondMomentWeight", [1, 50, 5000]);
const CLAMPS = each("clampNormFactor", [1, 8]);
const RATES = each("learningRate", [5e-4, 5e-3]);
const BOUNDS = each("normConstraint", [0, 2e-3, 0.01]);

export const PLANS: Partial<Record<EditMethod, Plan>> = {
  ROME: { at: single, then: CLAMPS },
  "R-ROME": { at: single, then: [...CLAMPS, { key: "bare" }] },
  MEMIT: { at: windows, then: [...WEIGHTS, ...CLAMPS] },
  EMMET: { at: single, then: [...WEIGHTS, ...CLAMPS] },
  PMET: { at: windows, then: [...WEIGHTS, ...CLAMPS] },
  AlphaEdit: {
    at: windows,
    then: [...each("nullSpaceThreshold", [2e-3, 0.2]), ...each("ridge", [0.1, 10])],
  },
  UnKE: { at: single, then: each("trainRate", [1e-3, 5e-3]) },
  "FT-L": { at: single, then: [...BOUNDS, ...RATES] },
  "FT-M": { at: single, then: [...BOUNDS, ...RATES] },
  // Every block gets one.
  LoRA: {
    at: () => [],
    then: [...each("learningRate", [1e-3, 2e-3, 1e-2]), ...each("steps", [15, 60]), { modules: "mlp" }],
  },
  GRACE: { at: single, then: each("radius", [0.3, 3, 10]) },
};
