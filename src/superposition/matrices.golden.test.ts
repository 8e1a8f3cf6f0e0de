/** P, cosines, their distributions and strongest pairs against float64 numbers from the published code's keys and C. */
import { describe, expect, test } from "vitest";
import type { Distribution, LayerSuperposition } from "../domain/superposition";
import { gramSteps } from "../linalg/gram";
import { factorSpd } from "../linalg/solveSpd";
import { runAtOnce } from "../linalg/steps";
import { analyseLayerSteps } from "./analyseLayer";
import { offDiagonal } from "./interference";
import {
  isHere,
  largestDifference,
  MATRIX_CASES,
  openMatrixCase,
  type StoredDistribution,
} from "./testing/superpositionCases";
import { whitenSteps } from "./whitening";

/** Stored matrices are float64 for one layer and float32 for the others. */
const EXACT = 1e-8;
const ROUNDED = 2e-7;

const expectClose = (found: number, stored: number, bound = 1e-6) =>
  expect(Math.abs(found - stored)).toBeLessThan(bound * Math.max(1, Math.abs(stored)));

function expectDistribution(found: Distribution, stored: StoredDistribution): void {
  expectClose(found.kurtosis, stored.kurtosis_excess);
  expectClose(found.mean, stored.mean);
  expectClose(found.std, stored.std);
  expectClose(found.min, stored.min);
  expectClose(found.max, stored.max);
  expectClose(found.median, stored.median);
  expectClose(found.absoluteMean, stored.abs_mean);
  // The stored count is of entries above 0.9, ours is of those with |value| above it.
  if (stored.min > -0.9) expect(found.extreme.count).toBe(stored["above_0.9"]);
  const without = stored["kurtosis_without_above_0.9"];
  // Not stored where hardly any are left.
  if (without !== null) expectClose(found.extreme.kurtosisWithout, without);
}

describe.each(MATRIX_CASES)("%s", (name) => {
  const here = isHere(name);
  const analyse = (
    opened: ReturnType<typeof openMatrixCase>,
    layer: number,
  ): { n: number; result: LayerSuperposition } => {
    const keys = opened.rows(`K_${layer}`);
    const f = opened.stored.per_layer[layer]!.f;
    const c = opened.values(`C_${layer}`);
    const input = { layer, keys, factor: factorSpd(c, f), c: () => c, tokens: opened.stored.tokens_for_C };
    const matrices = ["interference", "whiteningCosine", "activationCosine"] as const;
    return { n: keys.length / f, result: runAtOnce(analyseLayerSteps(input, { pairs: 12, matrices })) };
  };

  test.runIf(here)("every layer", () => {
    const opened = openMatrixCase(name);
    for (const layer of opened.stored.layers) {
      const stored = opened.stored.per_layer[layer]!;
      const { n, result } = analyse(opened, layer);
      const matrix = (kind: string) => result.matrices.find((one) => one.kind === kind)!.values;
      const isDouble = opened.has(`G_${layer}`);
      const [p, bound] = [opened.values(`P_${layer}`), isDouble ? EXACT : ROUNDED];
      expect(largestDifference(matrix("interference"), p)).toBeLessThan(bound);
      for (const kind of ["whitening", "activation"] as const) {
        if (!opened.has(`${kind}_cosine_${layer}`)) continue;
        const cosine = offDiagonal(opened.values(`${kind}_cosine_${layer}`), n);
        expect(largestDifference(offDiagonal(matrix(`${kind}Cosine`), n), cosine)).toBeLessThan(ROUNDED);
      }
      expectDistribution(result.interference, stored.P);
      expectDistribution(result.activation, stored.Q);
      if (stored.whitening_cosine) expectDistribution(result.whiteningCosine, stored.whitening_cosine);
      if (stored.activation_cosine) expectDistribution(result.activationCosine, stored.activation_cosine);
      expect(result.interference.histogram).toEqual(stored.P.histogram30);
      expect(result.kurtosis).toBe(result.interference.kurtosis);
      // The condition is an estimate from inside.
      expect(result.moment.condition / stored.cond_C).toBeGreaterThan(0.9);
      expect(result.moment.condition / stored.cond_C).toBeLessThan(1.001);
      if (stored.angle_whitening_median_deg !== undefined) {
        expectClose(result.angles.whitening.median, stored.angle_whitening_median_deg);
      }
    }
  });

  test.runIf(here)("the Gram matrix in whitened space", () => {
    const opened = openMatrixCase(name);
    const layers = opened.stored.layers.filter((layer) => opened.has(`G_${layer}`));
    expect(layers.length).toBeGreaterThan(0);
    for (const layer of layers) {
      const { f } = opened.stored.per_layer[layer]!;
      const factor = factorSpd(opened.values(`C_${layer}`), f);
      const whitened = runAtOnce(whitenSteps(factor, opened.rows(`K_${layer}`)));
      const stored = opened.values(`G_${layer}`);
      const largest = stored.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const found = runAtOnce(gramSteps(whitened, f));
      expect(largestDifference(found, stored)).toBeLessThan(EXACT * largest);
    }
  });

  test.runIf(here)("the kernel density", () => {
    const opened = openMatrixCase(name);
    const layers = opened.stored.layers.filter((layer) => opened.stored.per_layer[layer]!.P.kde);
    expect(layers.length).toBeGreaterThan(0);
    for (const layer of layers) {
      const { kde_x: x, kde: y } = opened.stored.per_layer[layer]!.P;
      const { density } = analyse(opened, layer).result.interference;
      expect(largestDifference(Float64Array.from(density.x), Float64Array.from(x!))).toBeLessThan(1e-9);
      const peak = Math.max(...y!);
      expect(largestDifference(Float64Array.from(density.y), Float64Array.from(y!))).toBeLessThan(
        1e-6 * peak,
      );
    }
  });

  test.runIf(here)("the strongest pairs", () => {
    const opened = openMatrixCase(name);
    for (const layer of opened.stored.layers) {
      const { top_pairs: stored, min } = opened.stored.per_layer[layer]!.P;
      const found = analyse(opened, layer).result.pairs;
      // The stored list is by p, ours by |p|: the same where nothing negative is as large.
      if (-min >= stored.at(-1)![2]) continue;
      found.forEach(({ p }, at) => expectClose(p, stored[at]![2]));
      const names = (pairs: { i: number; j: number }[]) => pairs.map(({ i, j }) => `${i} ${j}`).sort();
      expect(names(found)).toEqual(names(stored.map(([i, j]) => ({ i, j }))));
    }
  });
});
