/** Second moments of MLP keys: from the cache, as shipped, or computed from text, in this order. */
import type { CallContext } from "../domain/progress";
import type { StatisticsRequest, StatisticsResult } from "../domain/statistics";
import type { SecondMoment } from "../editing/secondMoment";
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

/** From the cache or as shipped; undefined where neither is there. */
async function storedStatistics(
  session: Session,
  layer: number,
  signal: AbortSignal,
): Promise<Statistics | undefined> {
  const { model, files } = loadedModel(session);
  const kept = await session.environment.cache.read(cacheName(model.baseHash, layer));
  if (kept) return readStatistics(kept, "The cached statistics", model);
  return readShippedStatistics(files, layer, model, signal);
}

/** One file per layer. Too little space for the cache must not cost the user the job. */
async function writeToCache(session: Session, statistics: Statistics): Promise<void> {
  const { model } = loadedModel(session);
  for (const [layer, moment] of statistics.layers) {
    const one = { ...statistics, layers: new Map([[layer, moment]]) };
    const name = cacheName(model.baseHash, layer);
    await session.environment.cache.write(name, writeStatistics(one)).catch(() => undefined);
  }
}

/**
 * The lab's own second moments of several layers: those computed here before, those that ship with the model, and what
 * nobody has yet computed in one run over the model's default text.
 * @throws AppError bad-statistics, wrong-model, cancelled
 */
export async function statisticsForLayers(
  session: Session,
  layers: readonly number[],
  context: CallContext<never>,
): Promise<Statistics> {
  const { model, recent } = loadedModel(session);
  const found = new Map<number, SecondMoment>();
  for (const layer of layers) {
    const known = recent.statistics(layer) ?? (await storedStatistics(session, layer, context.signal));
    const moment = known?.layers.get(layer);
    if (moment) found.set(layer, moment);
  }
  const missing = layers.filter((layer) => !found.has(layer));
  if (missing.length > 0) {
    const collected = await collect(session, { layers: missing }, context);
    await writeToCache(session, collected);
    for (const [layer, moment] of collected.layers) found.set(layer, moment);
  }
  for (const [layer, moment] of found) {
    recent.keepStatistics(layer, { modelHash: model.baseHash, textHash: "", layers: new Map([[layer, moment]]) }); // prettier-ignore
  }
  return { modelHash: model.baseHash, textHash: "", layers: found };
}

/** The caller's own second moments, else the lab's. @throws AppError bad-statistics, wrong-model, cancelled */
export function statisticsForCall(
  session: Session,
  file: Uint8Array<ArrayBuffer> | undefined,
  layers: readonly number[],
  context: CallContext<never>,
): Promise<Statistics> {
  if (file) return readStatistics(file, "The statistics file", loadedModel(session).model);
  return statisticsForLayers(session, layers, context);
}

/** Computes second moments; those of the default text or the user's are used by the next edits. */
export async function computeStatistics(
  session: Session,
  { layers, texts, asFile }: StatisticsRequest,
  context: CallContext<never>,
): Promise<StatisticsResult> {
  const started = performance.now();
  const statistics = await collect(session, texts ? { layers, texts } : { layers }, context);
  const { recent } = loadedModel(session);
  for (const [layer, moment] of statistics.layers) {
    recent.keepStatistics(layer, { ...statistics, layers: new Map([[layer, moment]]) });
  }
  await writeToCache(session, statistics);
  return {
    layers: await describeStatistics(statistics, context.signal),
    textHash: statistics.textHash,
    ...(asFile && { file: writeStatistics(statistics) }),
    milliseconds: performance.now() - started,
  };
}
