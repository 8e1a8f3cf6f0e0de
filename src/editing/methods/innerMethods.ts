/**
 * What AnyEdit wraps (algorithms.md 9.4): how a method brings about given states at given tokens. Those that solve layer by
 * layer give a rule for each; one that trains a block gives none. A later method is a name in the settings and an entry here.
 */
import type { AnyEditSettings } from "../settings/anyEditSettings";
import { leastSquaresRule, nullSpaceRule, type LayerRule } from "../updateRules";
import { emmetRule } from "./emmet";
import type { Moments, RecipeContext } from "./method";
import { reportDecomposition } from "./nullSpaceReport";

type Input = { settings: AnyEditSettings; moments: Moments; context: RecipeContext };

/** How layer `layers[at]` is solved. Throws AppError `singular-matrix`, `cancelled`. */
type RuleAt = (input: Input, layers: readonly number[], at: number) => Promise<LayerRule>;

/** `ruleAt` is missing where the block below the states is trained instead. */
type InnerMethod = { ruleAt?: RuleAt };

const INNER: Record<AnyEditSettings["inner"], InnerMethod> = {
  MEMIT: {
    ruleAt: async ({ settings, moments }, layers, at) =>
      leastSquaresRule(
        await moments.factor(layers[at]!),
        () => moments.values(layers[at]!),
        settings.secondMomentWeight,
      ),
  },
  EMMET: {
    ruleAt: ({ settings: { secondMomentWeight, ridge }, moments, context }, layers, at) => {
      const settings = { layer: layers[at]!, secondMomentWeight, updateNormLambda: 0, emmetLambda: ridge };
      return emmetRule({ settings, moments }, context.signal);
    },
  },
  AlphaEdit: {
    ruleAt: async ({ settings: { loop, nullSpaceThreshold, ridge }, moments, context }, layers, at) => {
      const told = reportDecomposition(context, at, layers.length);
      const layer = layers[loop === "published" ? 0 : at]!;
      return nullSpaceRule(await moments.nullSpace(layer, nullSpaceThreshold, told), ridge);
    },
  },
  UnKE: {},
};

/** Whether states are written by closed forms into layers, and not by training a block. */
export const solvesLayers = ({ inner }: Pick<AnyEditSettings, "inner">): boolean =>
  INNER[inner].ruleAt !== undefined;

/** Every edited layer's rule, before any other work; none where a block is trained. Throws `singular-matrix`, `cancelled`. */
export async function innerRules(
  { settings, moments }: Pick<Input, "settings" | "moments">,
  context: RecipeContext = { report: () => undefined },
): Promise<ReadonlyMap<number, LayerRule>> {
  const { ruleAt } = INNER[settings.inner];
  const rules = new Map<number, LayerRule>();
  const layers = settings.editLayers;
  if (!ruleAt) return rules;
  for (const [at, layer] of layers.entries())
    rules.set(layer, await ruleAt({ settings, moments, context }, layers, at));
  return rules;
}
