/**
 * AnyEdit (arXiv 2502.05628; algorithms.md section 9): a long answer in chunks, one state per chunk, written together by
 * an inner method: least squares over the chunks' keys (MEMIT), the same within C's null space (AlphaEdit), or a block
 * trained to give the states (UnKE). With the answer as one chunk it is the inner method's long-target baseline.
 */
import type { Model } from "../../model/model";
import { findChunkTargets } from "../chunkTargets";
import { chunksOf, windowChunks } from "../chunks";
import { longText } from "../longTexts";
import { anyEditDefinition, type AnyEditSettings } from "../settings/anyEditSettings";
import { leastSquaresRule, nullSpaceRule, type LayerRule } from "../updateRules";
import type { StatedText } from "../statedTexts";
import { writeStates } from "../writeStates";
import { trainStates } from "./unke";
import { reportDecomposition } from "./nullSpaceReport";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

async function run(
  model: Model,
  input: RecipeInput<AnyEditSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const rules = await anyEditRules(input, context);
  return writeChunks(model, input, await findStates(model, input, context), context, rules);
}

/** Every text's chunks with their states: the same for all inner methods. Throws `prompt-too-long`, `cancelled`. */
export async function findStates(
  model: Model,
  { requests, settings }: Pick<RecipeInput<AnyEditSettings>, "requests" | "settings">,
  context: RecipeContext,
): Promise<StatedText[]> {
  const layer = settings.editLayers.at(-1)!;
  const all = requests.map((request) => {
    const text = longText(model, request, settings);
    return { text, chunks: chunksOf(model.tokenizer, text, request.cuts, settings) };
  });
  const total = all.reduce((sum, { chunks }) => sum + chunks.length, 0);
  const stated: StatedText[] = [];
  for (const { text, chunks } of all) {
    const before = stated.flatMap(({ targets }) => targets.map(({ steps }) => steps));
    const targets = await findChunkTargets(model, text, chunks, {
      layer,
      settings,
      signal: context.signal,
      onSteps: (losses) => {
        const done = before.length + losses.length - 1;
        context.report(`Optimising chunk ${done + 1} of ${total}`, done * settings.steps + losses.at(-1)!.length, total * settings.steps, [...before, ...losses]); // prettier-ignore
      },
    });
    stated.push({ ...text, targets });
  }
  return stated;
}

/** The states written by the inner method. Throws `singular-matrix`, `cancelled`. */
export async function writeChunks(
  model: Model,
  input: RecipeInput<AnyEditSettings>,
  stated: readonly StatedText[],
  context: RecipeContext,
  rules?: ReadonlyMap<number, LayerRule>,
): Promise<MethodResult> {
  const { inner, editLayers } = input.settings;
  return inner === "UnKE"
    ? trainStates(model, editLayers.at(-1)!, stated, input, context)
    : writeStates(model, input, stated, rules ?? (await anyEditRules(input, context)), context);
}

/** Factors and projectors come first: a singular system is refused before any work. */
export async function anyEditRules(
  { settings, moments }: Pick<RecipeInput<AnyEditSettings>, "settings" | "moments">,
  context: RecipeContext = { report: () => undefined },
): Promise<ReadonlyMap<number, LayerRule>> {
  const { inner, editLayers, secondMomentWeight, nullSpaceThreshold, ridge, loop } = settings;
  const rules = new Map<number, LayerRule>();
  if (inner === "UnKE") return rules;
  for (const [at, layer] of editLayers.entries()) {
    if (inner === "MEMIT") {
      rules.set(
        layer,
        leastSquaresRule(await moments.factor(layer), () => moments.values(layer), secondMomentWeight),
      );
    } else {
      const projector = await moments.nullSpace(
        loop === "published" ? editLayers[0]! : layer,
        nullSpaceThreshold,
        reportDecomposition(context, at, editLayers.length),
      );
      rules.set(layer, nullSpaceRule(projector, ridge));
    }
  }
  return rules;
}

export const anyEdit = method<AnyEditSettings>({
  name: "AnyEdit",
  family: "locate",
  summary:
    "Writes long answers of any form: cut into chunks, each chunk's beginning edited so that it calls up the chunk.",
  changes: "the MLP output projections of a few layers (MEMIT, AlphaEdit) or one whole block (UnKE)",
  settings: anyEditDefinition,
  statisticsLayers: ({ inner, editLayers }) => (inner === "UnKE" ? [] : editLayers),
  solvesWithMoment: false,
  check: ({ chunking, window, overlap }) => {
    if (chunking === "window") windowChunks(1, window, overlap);
  },
  batch: true,
  contexts: "none",
  longTargets: true,
  preserves: ({ inner, preserveTexts }) => (inner === "UnKE" ? preserveTexts : 0),
  run,
});
