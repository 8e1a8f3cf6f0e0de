/**
 * GRACE (arXiv 2211.11031; algorithms.md section 12): nothing in the model changes. A codebook beside one linear map keeps
 * the map's input at the prompt's end as a key and a trained output as its value, within a radius around the key.
 */
import type { Codebook, EditRequest, OptimisationStep } from "../../domain/edit";
import { add, matmul, mul, reshape } from "../../gpu/ops";
import { dispose, tensor } from "../../gpu/tensor";
import { throwIfCancelled } from "../../lib/cancel";
import { legacyRandom } from "../../lib/random/legacyRandom";
import { yieldToEvents } from "../../lib/yieldToEvents";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import { Adam } from "../adam";
import { answerLoss, residualBefore, teacherForced, type ScoredText } from "../answerLoss";
import { emptyCodebook, placeFact, type Placement } from "../codebook";
import { readMapAt } from "../mapAt";
import { graceDefinition, type GraceSettings } from "../settings/graceSettings";
import { lossAndGradients, type TrainedMaps } from "../trainedMaps";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

/** `start` gives a new entry's first value; by default it is drawn, or the map's own output. */
export async function writeEntry(
  model: Model,
  request: EditRequest,
  below: Codebook | undefined,
  settings: GraceSettings,
  start: (output: Float32Array) => Float32Array,
  { signal, report }: RecipeContext,
): Promise<MethodResult & { placement: Placement }> {
  const { layer } = settings;
  const name = matrixName(layer, settings.matrix);
  const { inFeatures, outFeatures } = model.weights.matrix(name);
  const text = teacherForced(model, request);
  const place = text.places[0]!;
  const { input, output } = await readMapAt(model, name, layer, text.ids, place, signal);
  const label = { answer: [...text.labels], promptLength: place + 1 };
  const book = below ?? emptyCodebook(name, inFeatures, outFeatures);
  const placement = placeFact(book, input, label, start(output), settings);
  const { codebook, entry } = placement;
  const value = Float64Array.from(codebook.values.subarray(entry * outFeatures, (entry + 1) * outFeatures));
  const losses = await trainValue(model, text, place, value, settings, signal, (done) =>
    report("Training the value", done.length, settings.steps, [done]),
  );
  const values = Float32Array.from(codebook.values);
  values.set(value, entry * outFeatures);
  return {
    updates: [],
    losses: [losses],
    warnings: [],
    intermediates: [{ name: "query", shape: [inFeatures], values: input }],
    codebook: { ...codebook, values },
    placement,
  };
}

/** Adam on the value that stands for the map's output at `place`, in place. */
async function trainValue(
  model: Model,
  text: ScoredText,
  place: number,
  value: Float64Array,
  { layer, matrix, steps, learningRate }: GraceSettings,
  signal: AbortSignal | undefined,
  onStep: (steps: readonly OptimisationStep[]) => void,
): Promise<OptimisationStep[]> {
  const positions = text.ids.length;
  const at = tensor(Float32Array.from({ length: positions }, (_, i) => (i === place ? 1 : 0)), [positions, 1]); // prettier-ignore
  const others = tensor(Float32Array.from({ length: positions }, (_, i) => (i === place ? 0 : 1)), [1, positions, 1]); // prettier-ignore
  const residual = await residualBefore(model, text, layer, signal);
  const maps: TrainedMaps = {
    parameters: [{ shape: [1, value.length], values: value }],
    behind: ([row]) => [
      [
        matrixName(layer, matrix),
        (_, output) => add(mul(output, others), reshape(matmul(at, row!), output.shape)),
      ],
    ],
  };
  const adam = new Adam(value.length, learningRate);
  const found: OptimisationStep[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const { value: total, gradients } = await lossAndGradients(model, [maps], () =>
        answerLoss(model, text, residual, layer),
      );
      adam.update(value, Float64Array.from(gradients[0]!));
      const targetProbability = Math.exp(-total);
      found.push({ step, total, nll: total, kl: 0, decay: 0, deltaNorm: 0, targetProbability });
      onStep(found);
    }
    return found;
  } finally {
    dispose(at, others, residual);
  }
}

async function run(
  model: Model,
  { requests, settings, codebooks, seed }: RecipeInput<GraceSettings>,
  context: RecipeContext,
): Promise<MethodResult> {
  const { uniform } = legacyRandom(seed);
  const name = matrixName(settings.layer, settings.matrix);
  const below = codebooks.findLast(({ weight }) => weight === name);
  const start = (output: Float32Array) =>
    settings.start === "output" ? output : Float32Array.from(output, () => uniform());
  return writeEntry(model, requests[0]!, below, settings, start, context);
}

export const grace = method<GraceSettings>({
  name: "GRACE",
  summary:
    "Keeps facts beside the model in a codebook that answers near their prompts only; nothing else changes.",
  changes: "no weight: one MLP projection's output at tokens close to an edited prompt's last",
  settings: graceDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  batch: false,
  contexts: "none",
  longTargets: false,
  run,
});
