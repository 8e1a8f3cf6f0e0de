/**
 * GRACE (arXiv 2211.11031; algorithms.md section 12): nothing in the model changes. A codebook beside one linear map keeps
 * the map's input at the prompt's end as a key and a trained output as its value, within a radius around the key.
 */
import type { Codebook, EditRequest } from "../../domain/edit";
import { legacyRandom } from "../../lib/random/legacyRandom";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import { teacherForced } from "../answerLoss";
import { emptyCodebook, placeFact, withEntry, type Placement } from "../codebook";
import { readMapAt } from "../mapAt";
import { graceDefinition, type GraceSettings } from "../settings/graceSettings";
import { trainValue } from "../trainValue";
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
  const value = Float64Array.from(codebook.entries[entry]!.value);
  const losses = await trainValue(model, text, place, value, settings, signal, (done) =>
    report("Training the value", done.length, settings.steps, [done]),
  );
  const { place: _before, ...written } = withEntry(codebook, entry, { value: Float32Array.from(value) });
  return {
    updates: [],
    losses: [losses],
    warnings: [],
    intermediates: [{ name: "query", shape: [inFeatures], values: input }],
    codebook: settings.comparedToken === "published" ? { ...written, place } : written,
    placement,
  };
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
  family: "beside",
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
