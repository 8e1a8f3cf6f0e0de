/** Models beside each other: what earlier runs of `superposition --json` found, read back from their documents. */
import { basename } from "node:path";
import { z } from "zod";
import type { LoadedModel } from "../domain/model";
import type { SuperpositionResult } from "../domain/superposition";
import { AppError } from "../lib/errors";
import type { ModelKurtosis } from "../lib/charts/sizesPicture";
import { meanKurtosis } from "../lib/meanKurtosis";
import { parseJson } from "../loading/json/parseJson";
import { readInput } from "./openModel";

/** JSON has no NaN; a layer without a kurtosis has null there. */
const layer = z.looseObject({ layer: z.number().int().min(0), kurtosis: z.number().nullable() });
const document = z.looseObject({
  model: z.looseObject({ ref: z.string().max(1000), parameters: z.number().positive() }),
  layers: z.array(layer).min(1).max(10_000),
});

export const kurtosisOf = (
  { ref, parameters }: Pick<LoadedModel, "ref" | "parameters">,
  { layers }: Pick<SuperpositionResult, "layers">,
): ModelKurtosis => ({
  name: ref,
  parameters,
  layers: layers.map(({ layer: at, kurtosis }) => ({ layer: at, kurtosis })),
});

/** @throws AppError usage naming the file that is no such document */
export async function readCompared(paths: readonly string[]): Promise<ModelKurtosis[]> {
  const found: ModelKurtosis[] = [];
  for (const path of paths) {
    const parsed = document.safeParse(parseJson(await readInput(path), basename(path)));
    if (!parsed.success)
      throw new AppError(
        "usage",
        `${path} is not what \`superposition --json\` prints.`,
        "Run it for the other model first, and keep what it prints.",
      );
    const { model, layers } = parsed.data;
    const kept = layers.map(({ layer: at, kurtosis }) => ({ layer: at, kurtosis: kurtosis ?? Number.NaN }));
    found.push({ name: model.ref, parameters: model.parameters, layers: kept });
  }
  return found;
}

/** From the smallest model to the largest. */
export function comparedSentence(models: readonly ModelKurtosis[]): string {
  const sorted = [...models].sort((a, b) => a.parameters - b.parameters);
  const named = sorted.map((model) => `${model.name} ${meanKurtosis(model).toFixed(1)}`);
  return `Mean excess kurtosis of P over all layers, smallest model first: ${named.join(", ")}.`;
}
