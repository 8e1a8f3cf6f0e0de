/** Which settings a sweep tries for each method: the layer first, then what matters besides, at the best layer. */
import type { EditMethod, Settings } from "../../src/domain/edit";

export type Plan = {
  /** Settings for one layer, the upper end of the edited ones. */
  at(layer: number): Settings[];
  /** More settings, each added to the best of the first stage. */
  then: readonly Settings[];
};

/** One layer, or the last of two or three. */
const windows = (last: number): Settings[] =>
  [1, 3].filter((count) => last >= count - 1).map((count) => ({ editLayers: Array.from({ length: count }, (_, at) => last - count + 1 + at) })); // prettier-ignore
const single = (layer: number): Settings[] => [{ layer }];
const each = (name: string, values: readonly (number | string)[]): Settings[] =>
  values.map((value) => ({ [name]: value }));

const WEIGHTS = each("secondMomentWeight", [1, 5, 15, 50, 500, 5000]);
const CLAMPS = each("clampNormFactor", [1, 2, 4, 8]);

export const PLANS: Partial<Record<EditMethod, Plan>> = {
  ROME: { at: single, then: CLAMPS },
  "R-ROME": { at: single, then: [...CLAMPS, { key: "bare" }] },
  MEMIT: { at: windows, then: [...WEIGHTS, ...CLAMPS] },
  EMMET: { at: single, then: [...WEIGHTS, ...CLAMPS] },
  PMET: { at: windows, then: [...WEIGHTS, ...CLAMPS] },
  AlphaEdit: {
    at: windows,
    then: [...each("nullSpaceThreshold", [2e-4, 2e-3, 2e-2, 0.1, 0.5]), ...each("ridge", [0.1, 1, 10])],
  },
  "FT-L": { at: single, then: [...each("normConstraint", [0, 2e-3, 0.01]), ...each("learningRate", [5e-4, 5e-3])] },
  "FT-M": { at: single, then: [...each("normConstraint", [0, 2e-3, 0.01]), ...each("learningRate", [5e-4, 5e-3])] },
  GRACE: { at: single, then: each("radius", [0.3, 3, 10]) },
}; // prettier-ignore
