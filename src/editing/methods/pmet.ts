/**
 * PMET (arXiv 2308.08742; algorithms.md section 6): MEMIT with targets in the MLP's output space, found together with a
 * vector for the attention that is then dropped, and spread over the layers by a square root.
 */
import type { Model } from "../../model/model";
import { answerIds, locateFactToken } from "../factToken";
import { optimisePair } from "../pairedTargets";
import { pmetDefinition, type PmetSettings } from "../settings/memitSettings";
import { targetRows } from "../targetRows";
import { writeFacts } from "../writeFacts";
import { memitRules } from "./memit";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

async function run(
  model: Model,
  input: RecipeInput<PmetSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const { settings, moments } = input;
  const layers = settings.editLayers;
  const rules = await memitRules({ settings, moments });
  return writeFacts(
    model,
    input,
    {
      layers,
      ruleAt: (layer) => rules.get(layer)!,
      keepEarlier: false,
      site: "mlpRaw",
      share: (left) => 1 / Math.sqrt(left),
      find: ({ subject, targetNew }, texts, options) => {
        const essence = locateFactToken(model.tokenizer, "{}", "{} is a", subject, "subject_last");
        const rows = targetRows(texts, answerIds(model.tokenizer, targetNew), essence);
        return optimisePair(model, rows, layers.at(-1)!, settings, options);
      },
    },
    context,
  );
}

export const pmet = method<PmetSettings>({
  name: "PMET",
  family: "locate",
  summary:
    "MEMIT with a finer target: what attention should do is kept apart from what the MLP should store.",
  changes: "the MLP output projections of a few layers, by a low-rank change each",
  settings: pmetDefinition,
  statisticsLayers: ({ editLayers }) => editLayers,
  solvesWithMoment: true,
  batch: true,
  contexts: "memit",
  longTargets: false,
  run,
});
