/**
 * Superposition of a list of facts, layer by layer: keys in one pass over each fact, C of every layer, and what both say
 * together. Where C comes from is the caller's.
 */
import type { CallContext } from "../domain/progress";
import type { LayerSuperposition, SuperpositionRequest, SuperpositionResult } from "../domain/superposition";
import { factorStatistics, type Statistics } from "../editing/statistics";
import { AppError, invariant } from "../lib/errors";
import { keysOf } from "../lib/facts/keysOf";
import { createPace } from "../lib/pace";
import { factorSpdWithPauses, type SpdFactor } from "../linalg/solveSpd";
import { runWithPauses } from "../linalg/steps";
import type { Model } from "../model/model";
import { analyseLayerSteps, type LayerOptions } from "./analyseLayer";
import { collectFactRows, type FactRows } from "./factKeys";
import { locateFacts, type LocatedFacts } from "./locateFacts";
import { superpositionWarnings } from "./warnings";

/** C of the named layers, all at once. */
export type StatisticsSource = (
  layers: readonly number[],
  context: CallContext<never>,
) => Promise<Statistics>;

const MOST_FACTS = 4096;
const DEFAULT_PAIRS = 20;
/** Keys held at a time, and second moments with their factors; more layers than fit are run in turns. */
const MOST_KEY_BYTES = 512 * 2 ** 20;
const MOST_MOMENT_BYTES = 256 * 2 ** 20;

/** Throws AppError `bad-request`, `bad-statistics`, `singular-matrix`, `not-finite`, `cancelled`. */
export async function analyseSuperposition(
  model: Model,
  request: SuperpositionRequest,
  statisticsOf: StatisticsSource,
  context: CallContext<never>,
): Promise<SuperpositionResult> {
  const started = performance.now();
  const layers = checkedLayers(model, request.layers);
  checkRequest(request);
  const located = locateFacts(model, request.facts);
  checkFacts(located);
  const found: LayerSuperposition[] = [];
  const options: LayerOptions = {
    pairs: request.pairs ?? DEFAULT_PAIRS,
    matrices: request.matrices ?? [],
    order: request.order,
    keyOf: request.pairsApart ? keysOf(located) : undefined,
  };
  const f = model.config.mlpWidth;
  for (const group of groups(layers, 4 * located.texts.length * f, MOST_KEY_BYTES)) {
    const keys = await collectKeys(model, located, group, context);
    for (const part of groups(group, 16 * f * f, MOST_MOMENT_BYTES)) {
      const statistics = await statisticsOf(part, context);
      await analyseLayers(
        { layers: part, all: layers.length, keys, statistics, f },
        request,
        options,
        found,
        context,
      );
    }
  }
  const { kept, skipped, sameKeys } = located;
  return {
    kept,
    skipped,
    sameKeys,
    layers: found,
    warnings: superpositionWarnings(located, found, f),
    milliseconds: performance.now() - started,
  };
}

type Part = {
  layers: readonly number[];
  all: number;
  keys: ReadonlyMap<number, FactRows>;
  statistics: Statistics;
  f: number;
};

async function analyseLayers(
  { layers, all, keys, statistics, f }: Part,
  { ridge }: SuperpositionRequest,
  options: LayerOptions,
  found: LayerSuperposition[],
  { signal, onProgress }: CallContext<never>,
): Promise<void> {
  for (const layer of layers) {
    onProgress({ note: "Comparing keys", done: found.length, total: all });
    const factor = await factorOf(statistics, layer, f, ridge, signal);
    const moment = statistics.layers.get(layer);
    invariant(moment, `the statistics have layer ${layer}`);
    const input = {
      layer,
      keys: Float64Array.from(keys.get(layer)!),
      factor,
      c: () => moment.values,
      tokens: moment.tokens,
    };
    found.push(await runWithPauses(analyseLayerSteps(input, options), signal));
  }
  onProgress({ note: "Comparing keys", done: found.length, total: all });
}

/** With the ridge asked for, or with the least that C needs. */
async function factorOf(
  statistics: Statistics,
  layer: number,
  f: number,
  ridge: number | undefined,
  signal: AbortSignal,
): Promise<SpdFactor> {
  if (ridge === undefined) return factorStatistics(statistics, layer, f, signal);
  const moment = statistics.layers.get(layer);
  if (moment?.width !== f) return factorStatistics(statistics, layer, f, signal);
  return factorSpdWithPauses(moment.values, f, { kind: "always", amount: ridge }, signal);
}

function collectKeys(
  model: Model,
  { texts }: LocatedFacts,
  layers: readonly number[],
  { signal, onProgress }: CallContext<never>,
): Promise<Map<number, FactRows>> {
  const pace = createPace();
  return collectFactRows(model, texts, {
    layers,
    signal,
    onProgress: (done, total) => {
      const secondsLeft = pace(done, total);
      onProgress({
        note: "Reading keys",
        done,
        total,
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
      });
    },
  });
}

/** As many layers together as fit, at least one. */
export function groups(layers: readonly number[], bytesEach: number, most: number): number[][] {
  const size = Math.max(1, Math.floor(most / bytesEach));
  return Array.from({ length: Math.ceil(layers.length / size) }, (_, at) =>
    layers.slice(at * size, (at + 1) * size),
  );
}

export function checkedLayers(
  { config }: Pick<Model, "config">,
  layers: readonly number[] | undefined,
): number[] {
  const all = Array.from({ length: config.layers }, (_, layer) => layer);
  if (layers === undefined) return all;
  const wrong = layers.find((layer) => !all.includes(layer));
  if (layers.length > 0 && wrong === undefined) return [...new Set(layers)].sort((a, b) => a - b);
  const sentence =
    wrong === undefined
      ? "No layer is named."
      : `There is no layer ${wrong}; the model has 0 to ${all.length - 1}.`;
  throw new AppError("bad-request", sentence, "Choose the layers to compare.", { field: "layers" });
}

function checkRequest({ facts, ridge, pairs }: SuperpositionRequest): void {
  if (facts.length > MOST_FACTS) {
    throw new AppError(
      "bad-request",
      `${facts.length} facts are more than the ${MOST_FACTS} that can be compared with each other.`,
      "Give fewer.",
      { field: "facts" },
    );
  }
  if (ridge !== undefined && !(ridge >= 0 && ridge < 1e6)) {
    throw new AppError("bad-request", "The ridge is a number from 0.", "Try 0.001.", { field: "ridge" });
  }
  if (pairs !== undefined && !(Number.isInteger(pairs) && pairs >= 0)) {
    throw new AppError("bad-request", "The number of pairs is whole.", "Try 20.", { field: "pairs" });
  }
}

/** Two facts make a pair. */
export function checkFacts({ kept, skipped }: LocatedFacts): void {
  if (kept.length >= 2) return;
  const first = skipped[0];
  const why = first ? ` Fact ${first.index + 1} (“${first.subject.slice(0, 60)}”): ${first.message}` : "";
  throw new AppError(
    "bad-request",
    `${kept.length === 0 ? "No fact has" : "Only one fact has"} a key that could be compared.${why}`,
    "Give at least two facts, each with its subject in the prompt.",
    { field: "facts", skipped },
  );
}
