/**
 * MEMIT (arXiv 2210.07229; algorithms.md section 4): many facts, several layers, ΔW = R Kᵀ(λC + K Kᵀ)⁻¹ in each. With
 * `keepEarlier` MEMIT_seq, with `keepShare` RECT, with `prune` PRUNE (4.5).
 */
import { AppError } from "../../lib/errors";
import type { Model } from "../../model/model";
import { keepLargest, prune } from "../changeLimits";
import { memitDefinition, type MemitSettings } from "../settings/memitSettings";
import { leastSquaresRule, type LayerRule } from "../updateRules";
import { writeFacts } from "../writeFacts";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

async function run(
  model: Model,
  input: RecipeInput<MemitSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const { settings, moments } = input;
  const { editLayers: layers, secondMomentWeight: lambda, keepEarlier, keepShare } = settings;
  const rules = new Map<number, LayerRule>();
  for (const layer of layers) {
    rules.set(
      layer,
      leastSquaresRule(await moments.factor(layer), () => moments.values(layer), lambda),
    );
  }
  return writeFacts(
    model,
    input,
    {
      layers,
      ruleAt: (layer) => rules.get(layer)!,
      keepEarlier,
      reshape: keepShare < 1 ? (update, weights) => keepLargest(update, weights, keepShare) : undefined,
      finish: settings.prune ? (spread, weights) => prune(model, spread.updates, weights) : undefined,
    },
    context,
  );
}

export const memit = method<MemitSettings>({
  name: "MEMIT",
  summary: "Writes one or many facts at once, spread over several layers.",
  changes: "the MLP output projections of a few layers, by a low-rank change each",
  settings: memitDefinition,
  statisticsLayers: ({ editLayers }) => editLayers,
  solvesWithMoment: true,
  check: ({ keepShare, prune: prunes }) => {
    if (!prunes || keepShare === 1) return;
    throw new AppError(
      "bad-request",
      "RECT and PRUNE do not go together.",
      "Set keepShare to 1, or prune to false.",
    );
  },
  batch: true,
  contexts: "memit",
  longTargets: false,
  run,
});
