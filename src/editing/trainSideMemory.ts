/**
 * A copy of one map trained on one fact (WISE, arXiv 2405.14768; algorithms.md 13.2): the answer's cross-entropy through
 * the copy, and margins that keep its activation away from the map's on the fact and close to it elsewhere. Plain gradient
 * descent on the entries of a mask, every entry held near the map's own.
 */
import type { OptimisationStep, Shard } from "../domain/edit";
import { add, concat, crossEntropy, gatherRows, linear, matmul, mul, reshape, scale, slice, softmax, sub, sum, div } from "../gpu/ops"; // prettier-ignore
import { dispose, keep, read, scalar, tensor, tidy, zeros, type Tensor } from "../gpu/tensor";
import { readLinear } from "../gpu/weights";
import { throwIfCancelled } from "../lib/cancel";
import { invariant } from "../lib/errors";
import { packEntries, unpackEntries } from "../lib/packedEntries";
import { yieldToEvents } from "../lib/yieldToEvents";
import { norm } from "../linalg/norms";
import { runBlocks, unembed } from "../model/forward";
import type { Model } from "../model/model";
import type { MatrixName } from "../model/weightNames";
import type { MemoryBatch } from "./sideMemoryTexts";
import { activationDistance, transposed } from "./sideMemoryAdapter";
import { lossAndGradients, type TrainedMaps } from "./trainedMaps";

export type MemoryTraining = {
  routing: "token" | "text";
  steps: number;
  learningRate: number;
  weightDecay: number;
  normConstraint: number;
  /** α, β, γ: distances elsewhere stay below, those on the fact above, the second beyond the first by. */
  outsideBelow: number;
  insideAbove: number;
  gap: number;
};

export type TrainOptions = {
  signal?: AbortSignal | undefined;
  onStep?: ((done: readonly OptimisationStep[]) => void) | undefined;
};

export type TrainedShard = Shard & { losses: OptimisationStep[] };

/** The published early stop: this little change, at so small a loss. */
const STILL = 1e-4;
const SMALL = 0.02;

/**
 * Goes on from `start`, or from the map itself. `mask` [in * out] is 1 where the copy may learn. Changes nothing in the
 * model. Throws `cancelled`; nothing stays allocated then.
 */
export async function trainSideMemory(
  model: Model,
  name: MatrixName,
  layer: number,
  batch: MemoryBatch,
  { start, mask }: { start?: Shard | undefined; mask: Float32Array },
  settings: MemoryTraining,
  { signal, onStep }: TrainOptions = {},
): Promise<TrainedShard> {
  const { inFeatures, outFeatures } = model.weights.matrix(name);
  const base = await readLinear(model.weights.matrix(name));
  const values = start
    ? Float64Array.from(transposed(unpackEntries(start.entries), outFeatures, inFeatures))
    : new Float64Array(base.length);
  const losses: OptimisationStep[] = [];
  let closest = 0;
  for (let step = 0; step < settings.steps; step++) {
    await yieldToEvents();
    throwIfCancelled(signal);
    const found = await evaluate(model, name, layer, batch, values, settings);
    closest = closestOf(batch, found.distances, settings.routing);
    const [last, before] = [losses.at(-1)?.total, losses.at(-2)?.total];
    if (last !== undefined && before !== undefined && Math.abs(last - before) <= STILL && last <= SMALL)
      break;
    const { total, nll } = found;
    losses.push({ step, total, nll, kl: 0, decay: 0, deltaNorm: norm(values), targetProbability: Math.exp(-nll) }); // prettier-ignore
    onStep?.(losses);
    // The published code moves once more after it has measured how far the copy lies.
    if (step + 1 < settings.steps || settings.routing === "text")
      descend(values, found.gradient, base, mask, settings);
  }
  const entries = packEntries(transposed(Float32Array.from(values), inFeatures, outFeatures));
  return { entries, closest, losses };
}

/** Decay pulls on every entry of the copy, the gradient moves those of the mask; none strays far from the map's. */
function descend(
  values: Float64Array,
  gradient: Float32Array,
  base: Float32Array,
  mask: Float32Array,
  { learningRate, weightDecay, normConstraint }: MemoryTraining,
): void {
  for (let i = 0; i < values.length; i++) {
    const slope = gradient[i]! * mask[i]! + weightDecay * (base[i]! + values[i]!);
    const moved = values[i]! - learningRate * slope;
    values[i] = Math.max(-normConstraint, Math.min(normConstraint, moved));
  }
}

type Evaluation = { total: number; nll: number; distances: Float32Array; gradient: Float32Array };

async function evaluate(
  model: Model,
  name: MatrixName,
  layer: number,
  batch: MemoryBatch,
  values: Float64Array,
  settings: MemoryTraining,
): Promise<Evaluation> {
  const { inFeatures, outFeatures } = model.weights.matrix(name);
  const seen: { distances?: Tensor; nll?: Tensor } = {};
  const maps: TrainedMaps = {
    parameters: [{ shape: [inFeatures, outFeatures], values }],
    behind: ([change]) => [
      [
        name,
        (input, output) => {
          const x = reshape(input, [-1, inFeatures]);
          const y = reshape(output, [-1, outFeatures]);
          const moved = add(y, matmul(x, change!));
          const own = activationDistance(y, moved, model.config.activation);
          seen.distances = keep(batch.padding ? concat([own, ofPadding(model, name, batch.padding, change!)], 0) : own); // prettier-ignore
          return reshape(moved, output.shape);
        },
      ],
    ],
  };
  try {
    const { value, gradients } = await lossAndGradients(model, [maps], () => {
      const last = runBlocks(model, layer, batch.residual);
      const rows = gatherRows(reshape(last, [-1, model.config.residualWidth]), batch.places);
      seen.nll = keep(sum(mul(crossEntropy(unembed(model, rows), batch.labels), tensor(batch.shares, [batch.shares.length])))); // prettier-ignore
      invariant(seen.distances, `the forward pass uses ${name}`);
      return add(seen.nll, marginLoss(seen.distances, batch, settings));
    });
    const nll = (await read(seen.nll!))[0]!;
    return { total: value, nll, distances: await read(seen.distances!), gradient: gradients[0]! };
  } finally {
    dispose(seen.distances, seen.nll);
  }
}

/** [out − in + γ]₊ + [out − α]₊ + [β − in]₊, each the mean of what is positive. `distances` [n, 1]. */
function marginLoss(distances: Tensor, { inside, outside }: MemoryBatch, settings: MemoryTraining): Tensor {
  const { outsideBelow, insideAbove, gap } = settings;
  const count = distances.shape[0]!;
  const ofTexts = (weights: Float32Array) =>
    matmul(tensor(weights, [weights.length / count, count]), distances);
  const within = ofTexts(inside);
  const terms = [sub(tensor([insideAbove], [1, 1]), within)];
  if (outside.length > 0) {
    const without = ofTexts(outside);
    const pairs = sub(without, reshape(within, [1, -1]));
    terms.push(add(pairs, tensor([gap], [1, 1])), sub(without, tensor([outsideBelow], [1, 1])));
  }
  return terms.map(meanOfPositive).reduce((total, term) => add(total, term), scalar(0));
}

/** Turns a sign into yes or no. */
const STEEP = 1e7;

function meanOfPositive(x: Tensor): Tensor {
  const flat = reshape(x, [-1, 1]);
  const yes = slice(softmax(scale(concat([flat, zeros(flat.shape)], 1), STEEP)), [0, 0], [-1, 1]);
  return div(sum(mul(flat, yes)), add(sum(yes), scalar(1e-9)));
}

/** The smallest distance that has to be recognised: of a token that predicts, or as published of the texts' mean. */
function closestOf(
  { inside, places }: MemoryBatch,
  distances: Float32Array,
  routing: "token" | "text",
): number {
  if (routing === "token") return Math.min(...places.map((place) => distances[place]!));
  const count = distances.length;
  const texts = inside.length / count;
  let sum = 0;
  for (let at = 0; at < inside.length; at++) sum += inside[at]! * distances[at % count]!;
  return sum / texts;
}

/** Distances at padding, which the published code counts among a text's. */
const ofPadding = ({ weights, config }: Model, name: MatrixName, padding: Tensor, change: Tensor): Tensor =>
  tidy(() => {
    const y = linear(padding, weights.matrix(name), weights.vector(`${name}.bias`));
    return activationDistance(y, add(y, matmul(padding, change)), config.activation);
  });
