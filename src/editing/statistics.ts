/**
 * Second moments of MLP keys, C = E[k kᵀ] (ROME section 3.1; algorithms.md 0.6): k is the input of a block's MLP
 * output projection at every token of every text. Products are summed in float32 per chunk and added in float64.
 * Files are statisticsFile.ts.
 */
import type { LayerStatistics } from "../domain/statistics";
import type { CallContext } from "../domain/progress";
import { gatherRows, matmul, reshape, transpose } from "../gpu/ops";
import { dispose, read, tidy, type Tensor } from "../gpu/tensor";
import { AppError, invariant } from "../lib/errors";
import { createPace } from "../lib/pace";
import { sha256 } from "../lib/sha256";
import { factorSpdWithPauses, type SpdFactor } from "../linalg/solveSpd";
import type { ModelConfig } from "../model/config";
import { embed, runBlocksWithPauses } from "../model/forward";
import { collect, type Site } from "../model/hooks";
import type { Model } from "../model/model";
import { encodeTexts } from "../model/tokenizer/encodeTexts";
import { flatRow, rightPadded } from "./rightPadded";
import { MomentAccumulator, type SecondMoment } from "./secondMoment";

/** `modelHash` and `textHash` are empty for files that do not tell them. */
export type Statistics = {
  modelHash: string;
  textHash: string;
  layers: ReadonlyMap<number, SecondMoment>;
};

/** Tokens run together at most, padding included; bounds the memory of one pass. */
const CHUNK_TOKENS = 1024;
/** Products in one block of one pass, which bounds the wait for a cancel to about a tenth of a second. */
const CHUNK_PRODUCTS = 1e9;
/** Documents among which those of like length are put together. */
const WINDOW = 256;

/** Added when C is singular, relative to tr(C)/f, and the condition from which on it counts as singular. */
const RIDGE = 1e-4;
const CONDITION_LIMIT = 1e10;

/**
 * C of some layers over the texts, each a document of its own, cut at the model's context length.
 * Throws `bad-request` (no text, no layer, layer out of range), `cancelled`.
 */
export async function collectStatistics(
  model: Model,
  { layers, texts }: { layers: readonly number[]; texts: readonly string[] },
  { signal, onProgress }: Pick<CallContext<never>, "signal" | "onProgress">,
): Promise<Statistics> {
  checkLayers(model, layers);
  const encoded = await encodeTexts(model.tokenizer, texts, signal);
  const documents = encoded.map((ids) => ids.subarray(0, model.config.contextLength));
  const filled = documents.filter((ids) => ids.length > 0);
  if (filled.length === 0) throw new AppError("bad-request", "The texts hold no token.", "Give some text.");
  const accumulators = new Map(layers.map((layer) => [layer, new MomentAccumulator(model.config.mlpWidth)]));
  const total = filled.reduce((sum, ids) => sum + ids.length, 0);
  const pace = createPace();
  let done = 0;
  for (const chunk of chunks(filled, tokensAtOnce(model.config))) {
    await addChunk(model, chunk, accumulators, signal);
    done += chunk.reduce((sum, ids) => sum + ids.length, 0);
    const secondsLeft = pace(done, total);
    onProgress({
      note: "Collecting statistics",
      done,
      total,
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
    });
  }
  const moments = [...accumulators].map(([layer, accumulator]) => [layer, accumulator.finish()] as const);
  return { modelHash: model.baseHash, textHash: await hashTexts(texts), layers: new Map(moments) };
}

/** Identity of a list of documents. */
export const hashTexts = (texts: readonly string[]): Promise<string> => sha256(...texts);

/** Identity of one layer's statistics, for the edit that used them. */
export const hashMoment = (moment: SecondMoment): Promise<string> =>
  sha256(`${moment.tokens}`, Float32Array.from(moment.factor?.lower ?? moment.values));

function checkLayers(model: Model, layers: readonly number[]): void {
  const count = model.config.layers;
  const wrong = layers.find((layer) => !Number.isInteger(layer) || layer < 0 || layer >= count);
  if (layers.length > 0 && wrong === undefined) return;
  const sentence =
    wrong === undefined
      ? "No layer is named."
      : `There is no layer ${wrong}; the model has 0 to ${count - 1}.`;
  throw new AppError("bad-request", sentence, "Choose the layers to collect.", { field: "layers" });
}

/** Tokens of one pass, unless a single text is longer. */
export function tokensAtOnce({ residualWidth, mlpWidth }: ModelConfig): number {
  const productsPerToken = residualWidth * (3 * mlpWidth + 4 * residualWidth);
  return Math.min(CHUNK_TOKENS, Math.ceil(CHUNK_PRODUCTS / productsPerToken));
}

/** Documents in windows, each sorted by length so that little is padding; the windows keep the texts' order. */
function* chunks(documents: readonly Int32Array[], most: number): Generator<Int32Array[]> {
  for (let first = 0; first < documents.length; first += WINDOW) {
    const window = documents.slice(first, first + WINDOW).sort((a, b) => a.length - b.length);
    yield* chunksOf(window, most);
  }
}

/** As many documents together as fit when padded to the longest. */
function* chunksOf(documents: readonly Int32Array[], most: number): Generator<Int32Array[]> {
  let chunk: Int32Array[] = [];
  let longest = 0;
  for (const ids of documents) {
    const padded = (chunk.length + 1) * Math.max(longest, ids.length);
    if (chunk.length > 0 && padded > most) {
      yield chunk;
      [chunk, longest] = [[], 0];
    }
    chunk.push(ids);
    longest = Math.max(longest, ids.length);
  }
  yield chunk;
}

async function addChunk(
  model: Model,
  documents: readonly Int32Array[],
  accumulators: ReadonlyMap<number, MomentAccumulator>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const tokens = rightPadded(documents);
  const real = documents.flatMap((ids, row) =>
    Array.from(ids, (_, position) => flatRow(tokens, row, position)),
  );
  const site = (layer: number): Site => `blocks.${layer}.mlpKey`;
  const { hook, found } = collect([...accumulators.keys()].map(site));
  const embedded = embed(model, tokens);
  try {
    const toLayer = Math.max(...accumulators.keys()) + 1;
    dispose(await runBlocksWithPauses(model, 0, embedded, { toLayer, at: hook, signal }));
    for (const [layer, accumulator] of accumulators) {
      const keys = found.get(site(layer));
      invariant(keys, "the forward pass has the site");
      const product = gram(keys, real);
      accumulator.add(await read(product), real.length);
      dispose(product);
    }
  } finally {
    dispose(embedded, ...found.values());
  }
}

/** Σ k kᵀ [f, f] over the named rows of keys [B, S, f]. */
function gram(keys: Tensor, rows: readonly number[]): Tensor {
  return tidy(() => {
    const real = gatherRows(reshape(keys, [-1, keys.shape.at(-1)!]), rows);
    return matmul(transpose(real, [1, 0]), real);
  });
}

/** A layer is factored once; the same statistics serve many edits. */
const factors = new WeakMap<SecondMoment, SpdFactor>();

/**
 * Cholesky factor of one layer's C, with a ridge when C alone is singular; `ridge` tells. Kept as long as the
 * statistics are. Throws `bad-statistics` when the layer is missing or sized for another model, `singular-matrix`
 * when even a ridge does not help, `cancelled`.
 */
export async function factorStatistics(
  { layers }: Statistics,
  layer: number,
  width: number,
  signal?: AbortSignal,
): Promise<SpdFactor> {
  const moment = layers.get(layer);
  if (!moment) {
    const known = [...layers.keys()].join(", ");
    const sentence = `The statistics have no layer ${layer}; they have ${known}.`;
    throw new AppError("bad-statistics", sentence, "Collect that layer.");
  }
  if (moment.width !== width) {
    const sentence = `The statistics are ${moment.width} wide; this model's keys are ${width} wide.`;
    throw new AppError("bad-statistics", sentence, "Use statistics of this model.");
  }
  const known = moment.factor ?? factors.get(moment);
  if (known) return known;
  const policy = { kind: "whenNeeded", amount: RIDGE, conditionLimit: CONDITION_LIMIT } as const;
  const factor = await factorSpdWithPauses(moment.values, width, policy, signal);
  factors.set(moment, factor);
  return factor;
}

/** What the user sees of each layer. `condition` is of C plus the ridge that solving needs. */
export async function describeStatistics(
  statistics: Statistics,
  signal?: AbortSignal,
): Promise<LayerStatistics[]> {
  const described: LayerStatistics[] = [];
  for (const [layer, { tokens, width, convergence }] of statistics.layers) {
    const { condition, ridge } = await factorStatistics(statistics, layer, width, signal);
    described.push({ layer, tokens, condition, convergence: [...convergence], ridge });
  }
  return described;
}
