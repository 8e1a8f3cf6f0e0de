/**
 * Everything the paper reads off one layer: P, cosines and angles in whitened and raw space, their distributions, the
 * strongest pairs, and what C's condition leaves uncertain (algorithms.md 18.2, 18.3).
 */
import type { AngleSummary, LayerSuperposition, MatrixKind, RidgeEffect } from "../domain/superposition";
import { AppError } from "../lib/errors";
import { gramSteps } from "../linalg/gram";
import type { SpdFactor } from "../linalg/solveSpd";
import type { Steps } from "../linalg/steps";
import { clusterOrderSteps } from "./clusterOrder";
import { estimateDensity } from "./density";
import { describeDistribution, describeTwice, histogram } from "./distribution";
import { compareQuantiles, compareTails } from "./heavyTails";
import { belowDiagonal, cosineMatrix, degrees, interferenceMatrix, offDiagonal } from "./interference";
import { median } from "./median";
import { ridgeEffectSteps, ridgesToCompare } from "./ridgeEffect";
import { strongestPairs } from "./strongestPairs";
import { whitenSteps } from "./whitening";

export type LayerInput = {
  layer: number;
  /** [n, f], one row per fact; n ≥ 2. */
  keys: Float64Array;
  factor: SpdFactor;
  /** C [f, f], asked for only where the effect of a ridge has to be shown. */
  c: () => Float64Array;
  tokens: number;
};

/** `order`: also an order of the facts for drawing. `keyOf`: which key each fact has, to name no pairs of one key. */
export type LayerOptions = {
  pairs: number;
  matrices: readonly MatrixKind[];
  order?: boolean | undefined;
  keyOf?: Int32Array | undefined;
};

const BINS = 30;
const ANGLE_BINS = 36;

/** Throws AppError `not-finite` when a key is zero. */
export function* analyseLayerSteps(
  { layer, keys, factor, c, tokens }: LayerInput,
  options: LayerOptions,
): Steps<LayerSuperposition> {
  const f = factor.n;
  const n = keys.length / f;
  const whitened = yield* gramSteps(yield* whitenSteps(factor, keys), f);
  const activation = yield* gramSteps(keys, f);
  assertKeys(activation, n, layer);
  const interference = interferenceMatrix(whitened, n);
  const cosines = {
    whiteningCosine: cosineMatrix(whitened, n),
    activationCosine: cosineMatrix(activation, n),
  };
  yield;
  const p = offDiagonal(interference, n);
  const sorted = p.toSorted();
  const described = describeDistribution(p);
  const { kurtosis, mean, std } = described;
  const density = estimateDensity(sorted);
  yield;
  const ofWhitening = summarise(cosines.whiteningCosine, n);
  yield;
  const ofActivation = summarise(cosines.activationCosine, n);
  yield;
  const ridgeEffects: RidgeEffect[] = [];
  for (const ridge of ridgesToCompare(factor.ridge, factor.condition)) {
    const effect = yield* ridgeEffectSteps(c(), keys, ridge, p);
    if (effect) ridgeEffects.push(effect);
  }
  const all = { interference, ...cosines, activation };
  const order = options.order ? yield* clusterOrderSteps(cosines.whiteningCosine, n) : undefined;
  return {
    layer,
    kurtosis,
    mean,
    std,
    interference: {
      ...described,
      histogram: histogram(p, BINS, described.min, described.max),
      density,
      quantiles: compareQuantiles(sorted, mean, std),
      tails: compareTails(p, mean, std),
    },
    whiteningCosine: ofWhitening.distribution,
    activationCosine: ofActivation.distribution,
    activation: summarise(activation, n).distribution,
    angles: { whitening: angles(ofWhitening.values), activation: angles(ofActivation.values) },
    pairs: strongestPairs(all, n, options.pairs, options.keyOf),
    moment: { tokens, condition: factor.condition, ridge: factor.ridge, ridgeEffects },
    matrices: options.matrices.map((kind) => ({ kind, values: all[kind] })),
    ...(order && { order }),
  };
}

/** Of a symmetric matrix; `values` are one half of its entries. */
function summarise(matrix: Float64Array, n: number) {
  const values = belowDiagonal(matrix, n);
  return { distribution: describeTwice(values), values };
}

/** Of cosines each of which stands for two pairs. */
function angles(cosines: Float64Array): AngleSummary {
  const found = cosines.map(degrees);
  const counts = histogram(found, ANGLE_BINS, 0, 180).map((count) => 2 * count);
  return { median: median(found), histogram: counts };
}

function assertKeys(activation: Float64Array, n: number, layer: number): void {
  for (let i = 0; i < n; i++) {
    if (activation[i * n + i]! > 0 && Number.isFinite(activation[i * n + i]!)) continue;
    throw new AppError(
      "not-finite",
      `The key of fact ${i + 1} at layer ${layer} is zero or not finite.`,
      "Leave that fact out, or choose another layer.",
      { fact: i, layer },
    );
  }
}
