/** Second moments of MLP keys: from a file, from the cache, as shipped, or computed from text, in this order. */
import type { CallContext } from "../domain/progress";
import type { StatisticsRequest, StatisticsResult } from "../domain/statistics";
import { collectStatistics, describeStatistics, type Statistics } from "../editing/statistics";
import { readStatistics, writeStatistics } from "../editing/statisticsFile";
import { AppError } from "../lib/errors";
import { readWhole } from "../loading/byteSource";
import { readShippedStatistics } from "./prepared";
import { loadedModel, type LoadedState, type Session } from "./session";

const CORPUS = "corpus.txt";
const MOST_CORPUS_BYTES = 64 * 2 ** 20;

/** The text a model's statistics come from unless the user gives another: its own corpus, else the lab's. */
export async function defaultTexts(
  { files }: LoadedState,
  session: Session,
  signal: AbortSignal,
): Promise<string[]> {
  const own = files.get(CORPUS);
  const text = own
    ? new TextDecoder().decode(await readWhole(own, MOST_CORPUS_BYTES, signal))
    : await session.environment.defaultCorpus(signal);
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** Statistics are the checkpoint's: edits must not change what later edits are measured against. */
async function collect(
  session: Session,
  request: { layers: readonly number[]; texts?: readonly string[] },
  context: CallContext<never>,
): Promise<Statistics> {
  const state = loadedModel(session);
  const texts = request.texts ?? (await defaultTexts(state, session, context.signal));
  if (texts.length === 0)
    throw new AppError("bad-request", "There is no text to compute statistics from.", "Give some.");
  const { layers } = request;
  return state.model.weights.onBase(() => collectStatistics(state.model, { layers, texts }, context));
}

const cacheName = (modelHash: string, layer: number): string => `statistics-${modelHash}-${layer}`;

/**
 * Second moments of one layer for an edit: the caller's file, what was computed here before, what ships with the
 * model, or those of the model's default text, computed once.
 * @throws AppError bad-statistics, wrong-model, cancelled
 */
export async function statisticsFor(
  session: Session,
  layer: number,
  file: Uint8Array<ArrayBuffer> | undefined,
  context: CallContext<never>,
): Promise<Statistics> {
  const { model, recent } = loadedModel(session);
  if (file) return readStatistics(file, "The statistics file", model);
  const statistics = recent.statistics(layer) ?? (await keptStatistics(session, layer, context));
  recent.keepStatistics(layer, statistics);
  return statistics;
}

async function keptStatistics(
  session: Session,
  layer: number,
  context: CallContext<never>,
): Promise<Statistics> {
  const { model, files } = loadedModel(session);
  const { cache } = session.environment;
  const name = cacheName(model.baseHash, layer);
  const kept = await cache.read(name);
  if (kept) return readStatistics(kept, "The cached statistics", model);
  const shipped = await readShippedStatistics(files, layer, model, context.signal);
  if (shipped) return shipped;
  const statistics = await collect(session, { layers: [layer] }, context);
  // Too little space for the cache must not cost the user the edit.
  await cache.write(name, writeStatistics(statistics)).catch(() => undefined);
  return statistics;
}

/** Computes second moments; those of the default text or the user's are used by the next edits. */
export async function computeStatistics(
  session: Session,
  { layers, texts, asFile }: StatisticsRequest,
  context: CallContext<never>,
): Promise<StatisticsResult> {
  const started = performance.now();
  const statistics = await collect(session, texts ? { layers, texts } : { layers }, context);
  const { cache } = session.environment;
  const { model, recent } = loadedModel(session);
  for (const [layer, moment] of statistics.layers) {
    const one = { ...statistics, layers: new Map([[layer, moment]]) };
    recent.keepStatistics(layer, one);
    await cache.write(cacheName(model.baseHash, layer), writeStatistics(one)).catch(() => undefined);
  }
  return {
    layers: await describeStatistics(statistics, context.signal),
    textHash: statistics.textHash,
    ...(asFile && { file: writeStatistics(statistics) }),
    milliseconds: performance.now() - started,
  };
}
