/**
 * What a model's folder can bring so that the lab need not compute it: `prepared.json` with the deviation of the
 * subjects' embeddings and sampled context templates, and `statistics-<layer>.safetensors` with packed second moments,
 * each read when an edit first needs its layer. All of it names the weights it was made on; with others it is not used.
 */
import { z } from "zod";
import { checkContexts } from "../editing/contexts";
import type { Statistics } from "../editing/statistics";
import { readStatistics } from "../editing/statisticsFile";
import { AppError } from "../lib/errors";
import { readWhole, type ModelFiles } from "../loading/byteSource";
import { readJson } from "../loading/json/parseJson";
import type { Model } from "../model/model";

export const PREPARED = "prepared.json";
export const statisticsName = (layer: number): string => `statistics-${layer}.safetensors`;

const MOST_BYTES = 1 << 20;
const MOST_STATISTICS_BYTES = 1 << 30;

const schema = z.strictObject({
  formatVersion: z.literal(1),
  modelHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** σ over all entries of the embeddings of the model's own subjects (algorithms.md 1.3). */
  subjectDeviation: z.number().positive(),
  /** What `sampleContexts` gives with this seed. */
  contexts: z.strictObject({
    seed: z.number().int().min(0),
    templates: z.array(z.string().max(2000)).min(1).max(200),
  }),
});

export type Prepared = Omit<z.infer<typeof schema>, "formatVersion">;

/** @throws AppError bad-json, limit, bad-request; undefined where there is no such file */
export async function readPrepared(files: ModelFiles, signal?: AbortSignal): Promise<Prepared | undefined> {
  const source = files.get(PREPARED);
  if (source === undefined) return undefined;
  const parsed = schema.safeParse(await readJson(source, MOST_BYTES, signal));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const where = path.length > 0 ? ` at ${path.join(".")}` : "";
    throw new AppError(
      "bad-json",
      `${PREPARED} cannot be used${where}: ${message}.`,
      "Remove it from the folder.",
    );
  }
  const { formatVersion: _, ...prepared } = parsed.data;
  checkContexts(prepared.contexts.templates);
  return prepared;
}

export const writePrepared = (prepared: Prepared): string =>
  `${JSON.stringify({ formatVersion: 1, ...prepared }, undefined, 1)}\n`;

/**
 * The shipped second moment of one layer.
 * @throws AppError bad-statistics, not-finite, network, cancelled; undefined where there is none for these weights
 */
export async function readShippedStatistics(
  files: ModelFiles,
  layer: number,
  model: Model,
  signal: AbortSignal,
): Promise<Statistics | undefined> {
  const source = files.get(statisticsName(layer));
  if (source === undefined) return undefined;
  try {
    const bytes = await readWhole(source, MOST_STATISTICS_BYTES, signal);
    const statistics = await readStatistics(bytes, source.name, model);
    return statistics.modelHash === model.hash && statistics.layers.has(layer) ? statistics : undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === "wrong-model") return undefined;
    throw error;
  }
}
