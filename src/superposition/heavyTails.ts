/** Tails against a normal's: quantiles in standard deviations, and the share of values far from the mean. */
import type { DistributionShape } from "../domain/superposition";

const LEVELS = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999] as const;
const DEVIATIONS = [2, 3, 4, 5] as const;

/** The quantile at every level that so many values can tell, between order statistics as numpy has it. */
export function compareQuantiles(
  sorted: Float64Array,
  mean: number,
  std: number,
): DistributionShape["quantiles"] {
  const finest = 1 / sorted.length;
  return LEVELS.filter((level) => Math.min(level, 1 - level) >= finest).map((level) => ({
    level,
    observed: (quantile(sorted, level) - mean) / std,
    normal: normalQuantile(level),
  }));
}

export function compareTails(values: Float64Array, mean: number, std: number): DistributionShape["tails"] {
  const beyond = DEVIATIONS.map(() => 0);
  for (const value of values) {
    const distance = Math.abs(value - mean) / std;
    for (let at = 0; at < DEVIATIONS.length && distance > DEVIATIONS[at]!; at++) beyond[at]!++;
  }
  return DEVIATIONS.map((deviations, at) => ({
    deviations,
    observed: beyond[at]! / values.length,
    normal: 2 * normalTail(deviations),
  }));
}

export function quantile(sorted: Float64Array, level: number): number {
  const position = level * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** Upper tail 1 − Φ(z) for z ≥ 0, by the continued fraction of Mills' ratio where the series loses digits. */
export function normalTail(z: number): number {
  if (z < 2) return 0.5 - normalBody(z);
  let fraction = z;
  for (let term = 400; term >= 1; term--) fraction = z + term / fraction;
  return normalDensity(z) / fraction;
}

/** Φ(z) − ½ by its series. */
function normalBody(z: number): number {
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-18; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return sum * normalDensity(z);
}

const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

/** Φ⁻¹ by Newton's method on the tail, from the tail's own leading order; for levels in (0, 1). */
export function normalQuantile(level: number): number {
  if (level === 0.5) return 0;
  const tail = Math.min(level, 1 - level);
  let z = Math.sqrt(Math.max(0.01, -2 * Math.log(2 * tail)));
  for (let step = 0; step < 60; step++) {
    // In logarithms the curve is nearly straight, so that no step runs away.
    const there = normalTail(z);
    const move = ((Math.log(there) - Math.log(tail)) * there) / normalDensity(z);
    z += move;
    if (Math.abs(move) < 1e-14) break;
  }
  return level < 0.5 ? -z : z;
}
