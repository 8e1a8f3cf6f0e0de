/**
 * AnyEdit (arXiv 2502.05628; algorithms.md section 9): a long answer in chunks, one state per chunk, written together by
 * an inner method (innerMethods.ts): least squares over the chunks' keys (MEMIT), the same within C's null space
 * (AlphaEdit), a block trained to give the states (UnKE). With the answer as one chunk it is that method's baseline.
 */
import type { Model } from "../../model/model";
import { findChunkTargets } from "../chunkTargets";
import { chunksOf, windowChunks } from "../chunks";
import { longText } from "../longTexts";
import { anyEditDefinition, type AnyEditSettings } from "../settings/anyEditSettings";
import type { LayerRule } from "../updateRules";
import type { StatedText } from "../statedTexts";
import { writeStates } from "../writeStates";
import { innerRules, solvesLayers } from "./innerMethods";
import { trainStates } from "./unke";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

async function run(
  model: Model,
  input: RecipeInput<AnyEditSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  // Factors and projectors come first: a singular system is refused before any work.
  const rules = await innerRules(input, context);
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
  return solvesLayers(input.settings)
    ? writeStates(model, input, stated, rules ?? (await innerRules(input, context)), context)
    : trainStates(model, input.settings.editLayers.at(-1)!, stated, input, context);
}

export const anyEdit = method<AnyEditSettings>({
  name: "AnyEdit",
  family: "locate",
  summary:
    "Writes long answers of any form: cut into chunks, each chunk's beginning edited so that it calls up the chunk.",
  changes: "the MLP output projections of a few layers (MEMIT, EMMET, AlphaEdit) or one whole block (UnKE)",
  settings: anyEditDefinition,
  statisticsLayers: (settings) => (solvesLayers(settings) ? settings.editLayers : []),
  solvesWithMoment: false,
  check: ({ chunking, window, overlap }) => {
    if (chunking === "window") windowChunks(1, window, overlap);
  },
  batch: true,
  contexts: "none",
  longTargets: true,
  preserves: (settings) => (solvesLayers(settings) ? 0 : settings.preserveTexts),
  run,
});
