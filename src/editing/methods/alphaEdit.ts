/**
 * AlphaEdit (arXiv 2410.02355; algorithms.md section 7): MEMIT's targets, written only along directions of key space
 * that C hardly uses: ΔW P = ΔW. Keys of earlier edits are carried along and left alone.
 */
import type { Model } from "../../model/model";
import { alphaEditDefinition, type AlphaEditSettings } from "../settings/alphaEditSettings";
import { nullSpaceRule, type LayerRule } from "../updateRules";
import { writeFacts } from "../writeFacts";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";
import { describeNullSpaces, reportDecomposition } from "./nullSpaceReport";

async function run(
  model: Model,
  input: RecipeInput<AlphaEditSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const { editLayers: layers, nullSpaceThreshold, ridge, keepEarlier } = input.settings;
  const rules = new Map<number, LayerRule>();
  const spaces = new Map<number, Awaited<ReturnType<typeof input.moments.nullSpace>>>();
  for (const [at, layer] of layers.entries()) {
    const space = await input.moments.nullSpace(
      layer,
      nullSpaceThreshold,
      reportDecomposition(context, at, layers.length),
    );
    spaces.set(layer, space);
    rules.set(layer, nullSpaceRule(space, ridge));
  }
  const result = await writeFacts(
    model,
    input,
    { layers, ruleAt: (layer) => rules.get(layer)!, keepEarlier },
    context,
  );
  const { sentences, tensors } = describeNullSpaces(spaces);
  return {
    ...result,
    warnings: [...sentences, ...result.warnings],
    intermediates: [...result.intermediates, ...tensors],
  };
}

export const alphaEdit = method<AlphaEditSettings>({
  name: "AlphaEdit",
  family: "locate",
  summary:
    "Like MEMIT, but writes only where the model's own knowledge leaves room; made for many edits in turn.",
  changes: "the MLP output projections of a few layers, by a low-rank change each within C's null space",
  settings: alphaEditDefinition,
  statisticsLayers: ({ editLayers }) => editLayers,
  solvesWithMoment: false,
  batch: true,
  contexts: "memit",
  longTargets: false,
  run,
});
