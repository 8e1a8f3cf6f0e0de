/**
 * WISE (arXiv 2405.14768; algorithms.md section 13): facts are trained into a copy of one map that stands beside it, and
 * what is read is answered by the copy where its activation tells the two apart. Copies are closed and merged as they fill.
 */
import type { EditRequest, SideMemory } from "../../domain/edit";
import { AppError } from "../../lib/errors";
import { dispose } from "../../gpu/tensor";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import { wiseDefinition, type WiseSettings } from "../settings/wiseSettings";
import { drawMask, emptySideMemory, maskSeedFor, withFact } from "../sideMemory";
import { memoryBatch, memoryTexts } from "../sideMemoryTexts";
import { trainSideMemory, type TrainOptions } from "../trainSideMemory";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

/** One fact after the other, each on the memory that the ones before left. */
async function run(
  model: Model,
  input: RecipeInput<WiseSettings>,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const { requests, settings, sideMemories } = input;
  const name = matrixName(settings.layer, settings.matrix);
  const { inFeatures, outFeatures } = model.weights.matrix(name);
  let memory =
    sideMemories.findLast(({ weight }) => weight === name) ??
    emptySideMemory(name, inFeatures, outFeatures, model.config.activation, settings);
  const losses: MethodResult["losses"] = [];
  for (const [index, request] of requests.entries()) {
    const written = await writeFact(model, memory, request, index, input, {
      signal,
      onStep: (steps) =>
        report(
          `Writing fact ${index + 1} of ${requests.length}`,
          index * settings.steps + steps.length,
          requests.length * settings.steps,
          [...losses, [...steps]],
        ),
    });
    memory = written.memory;
    losses.push(written.losses);
  }
  return { updates: [], losses, warnings: [], intermediates: [], sideMemory: memory };
}

async function writeFact(
  model: Model,
  memory: SideMemory,
  request: EditRequest,
  index: number,
  { settings, contexts, preserve, seed }: RecipeInput<WiseSettings>,
  options: TrainOptions,
): Promise<{ memory: SideMemory; losses: MethodResult["losses"][number] }> {
  const { layer, unrelatedTexts: count } = settings;
  const unrelated = preserve.length === 0 ? [] : Array.from({ length: count }, (_, i) => preserve[(index + i) % preserve.length]!); // prettier-ignore
  const texts = memoryTexts(model, request, contexts, unrelated, settings.labelMask);
  const maskSeed = maskSeedFor(memory, settings, seed);
  const mask = drawMask(memory.in * memory.out, settings.maskRatio, maskSeed);
  const batch = await memoryBatch(model, layer, texts, settings, options.signal);
  try {
    const name = matrixName(layer, settings.matrix);
    const trained = await trainSideMemory(model, name, layer, batch, { start: memory.open, mask }, settings, options);
    const { losses, ...shard } = trained;
    return { memory: withFact(memory, shard, maskSeed, settings), losses };
  } finally {
    dispose(batch.residual);
  }
} // prettier-ignore

export const wise = method<WiseSettings>({
  name: "WISE",
  family: "beside",
  summary:
    "Trains facts into a copy of one layer's matrix beside the model and asks the copy where it recognises them; the model itself stays as it is.",
  changes: "no weight: one MLP projection's output at tokens that a copy of it recognises",
  settings: wiseDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  check: ({ saveEvery, mergeEvery, labelMask, routing }) => {
    if (labelMask !== "own" && routing === "token")
      throw new AppError(
        "bad-request",
        "The published label mask knows no answer tokens to route by.",
        "Set routing to text, as published, or labelMask to own.",
        { field: "labelMask" },
      );
    if (mergeEvery % saveEvery === 0) return;
    throw new AppError(
      "bad-request",
      `Copies are closed every ${saveEvery} facts, so they cannot be merged every ${mergeEvery}.`,
      "Make mergeEvery a multiple of saveEvery.",
      { field: "mergeEvery" },
    );
  },
  batch: true,
  contexts: "memit",
  longTargets: false,
  preserves: ({ unrelatedTexts }) => unrelatedTexts,
  run,
});
