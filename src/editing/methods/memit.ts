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
import { method, type MethodResult, type Moments, type RecipeContext, type RecipeInput } from "./method";

/** How every edited layer is solved. Throws `singular-matrix` before any work. */
export async function memitRules({
  settings: { editLayers, secondMomentWeight: lambda },
  moments,
}: {
  settings: Pick<MemitSettings, "editLayers" | "secondMomentWeight">;
  moments: Moments;
}): Promise<ReadonlyMap<number, LayerRule>> {
  const rules = new Map<number, LayerRule>();
  for (const layer of editLayers) {
    rules.set(
      layer,
      leastSquaresRule(await moments.factor(layer), () => moments.values(layer), lambda),
    );
  }
  return rules;
}

async function run(
  model: Model,
  input: RecipeInput<MemitSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const { editLayers: layers, keepEarlier, keepShare, prune: prunes, pruneOnto } = input.settings;
  const rules = await memitRules(input);
  return writeFacts(
    model,
    input,
    {
      layers,
      ruleAt: (layer) => rules.get(layer)!,
      keepEarlier,
      reshape: keepShare < 1 ? (update, weights) => keepLargest(update, weights, keepShare) : undefined,
      finish: prunes ? (spread, weights) => prune(model, spread.updates, weights, pruneOnto) : undefined,
    },
    context,
  );
}

export const memit = method<MemitSettings>({
  name: "MEMIT",
  family: "locate",
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
