/**
 * UnKE (arXiv 2405.15349; algorithms.md section 8): one hidden state, at the question's last token, is moved until the
 * whole answer follows; then the block below it is trained to give that state. Of AnyEdit's chunks it is also the writer.
 */
import { invariant } from "../../lib/errors";
import type { Model } from "../../model/model";
import { findChunkTargets } from "../chunkTargets";
import { longText } from "../longTexts";
import type { BlockTrainingSettings } from "../settings/anyEditSettings";
import { unkeDefinition, type UnkeSettings } from "../settings/anyEditSettings";
import { describeTargets, type StatedText } from "../statedTexts";
import { trainBlock } from "../trainBlock";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

async function run(
  model: Model,
  input: RecipeInput<UnkeSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const { requests, settings } = input;
  const texts = requests.map((request) => longText(model, request, settings));
  const stated: StatedText[] = [];
  for (const text of texts) {
    const before = stated.flatMap(({ targets }) => targets.map(({ steps }) => steps));
    const whole = [{ start: 0, end: text.answer.length, overlap: 0 }];
    const targets = await findChunkTargets(model, text, whole, {
      layer: settings.layer,
      settings,
      signal: context.signal,
      onSteps: ([steps]) =>
        context.report(
          `Optimising state ${before.length + 1} of ${texts.length}`,
          before.length * settings.steps + steps!.length,
          texts.length * settings.steps,
          [...before, steps!],
        ),
    });
    // The block is trained on questions alone.
    stated.push({ ...text, targets, answer: new Int32Array(0) });
  }
  return trainStates(model, settings.layer, stated, input, context);
}

/** Trains one block so that every stated position gives its target. */
export async function trainStates(
  model: Model,
  layer: number,
  stated: readonly StatedText[],
  { settings, preserve }: RecipeInput<BlockTrainingSettings>,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  invariant(stated.length > 0, "there is a text to train on");
  const edited = stated.map(({ question, answer, targets }) => ({
    ids: Int32Array.from([...question, ...answer]),
    shifts: targets.map(({ lookup, deltas }) => ({ position: lookup, delta: deltas.at(-1)! })),
  }));
  const { updates, losses } = await trainBlock(model, layer, { edited, preserve }, settings, {
    signal,
    onStep: (done) => report("Training the block", done, settings.trainSteps),
  });
  const described = describeTargets(stated);
  return {
    ...described,
    updates,
    intermediates: [
      ...described.intermediates,
      { name: "stage2_loss", shape: [losses.length], values: Float32Array.from(losses) },
    ],
  };
}

export const unke = method<UnkeSettings>({
  name: "UnKE",
  family: "locate",
  summary: "Moves one hidden state until a whole answer follows, and trains a block to produce it.",
  changes: "every parameter of one block: matrices, biases and norms",
  settings: unkeDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  batch: true,
  contexts: "none",
  longTargets: true,
  preserves: ({ preserveTexts }) => preserveTexts,
  run,
});
