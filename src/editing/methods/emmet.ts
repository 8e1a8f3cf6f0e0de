/**
 * EMMET (arXiv 2403.14236; algorithms.md section 5): many facts in one layer, ΔW = R (Kᵀ C₀⁻¹ K + εI)⁻¹ Kᵀ C₀⁻¹ with
 * C₀ = wC + uI. That is a layer of MEMIT whose λ is ε, with C₀ in the place of C.
 */
import { factorSpdWithPauses } from "../../linalg/solveSpd";
import type { Model } from "../../model/model";
import { emmetDefinition, type EmmetSettings } from "../settings/memitSettings";
import { leastSquaresRule, type LayerRule } from "../updateRules";
import { writeFacts } from "../writeFacts";
import { method, type MethodResult, type Moments, type RecipeContext, type RecipeInput } from "./method";

/** An equality that may be impossible: two facts with one subject. */
const SMALLEST_LAMBDA = 1e-12;

type EmmetRuleSettings = Pick<
  EmmetSettings,
  "layer" | "secondMomentWeight" | "updateNormLambda" | "emmetLambda"
>;

/** How the layer is solved. Throws `singular-matrix` before any work. */
export async function emmetRule(
  { settings, moments }: { settings: EmmetRuleSettings; moments: Moments },
  signal?: AbortSignal,
): Promise<LayerRule> {
  const { layer, secondMomentWeight: w, updateNormLambda: u, emmetLambda } = settings;
  const c = moments.values(layer);
  const f = Math.round(Math.sqrt(c.length));
  const weighted = c.map((value, at) => w * value + (at % (f + 1) === 0 ? u : 0));
  const plain = u === 0 ? await moments.factor(layer) : undefined;
  // √(wC) = √w √C: no second factorisation where nothing is added to the diagonal.
  const factor = plain
    ? { n: f, lower: plain.lower.map((value) => Math.sqrt(w) * value) }
    : await factorSpdWithPauses(weighted, f, { kind: "never" }, signal);
  return leastSquaresRule(factor, () => weighted, Math.max(emmetLambda, SMALLEST_LAMBDA));
}

async function run(
  model: Model,
  input: RecipeInput<EmmetSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const rule = await emmetRule(input, context.signal);
  const { layer } = input.settings;
  return writeFacts(model, input, { layers: [layer], ruleAt: () => rule, keepEarlier: false }, context);
}

export const emmet = method<EmmetSettings>({
  name: "EMMET",
  family: "locate",
  summary: "Writes many facts into one layer, each as exactly as it can: a ROME for batches.",
  changes: "the MLP output projection of one layer, by a low-rank change",
  settings: emmetDefinition,
  statisticsLayers: ({ layer }) => [layer],
  solvesWithMoment: true,
  batch: true,
  contexts: "memit",
  longTargets: false,
  run,
});
