/** One list of numbers summed up as the paper does it (arXiv 2408.07413, section 4; algorithms.md 18.3). */
import type { Distribution } from "../domain/superposition";

/** Beyond this size an entry is counted apart: near duplicates dominate the fourth moment. */
const EXTREME = 0.9;

/** Everything of `Distribution`. `sorted` is the same list ascending; numbers of an empty list are NaN. */
export function describeDistribution(values: Float64Array, sorted: Float64Array): Distribution {
  const { mean, variance, kurtosis } = centralMoments(values);
  const usual = values.filter((value) => Math.abs(value) <= EXTREME);
  return {
    count: values.length,
    mean,
    std: Math.sqrt(variance),
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    median: median(sorted),
    absoluteMean: values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length,
    kurtosis,
    extreme: { count: values.length - usual.length, kurtosisWithout: centralMoments(usual).kurtosis },
  };
}

/** Biased excess kurtosis, m₄/m₂² − 3: 0 for a normal, NaN where nothing varies. */
export const excessKurtosis = (values: Float64Array): number => centralMoments(values).kurtosis;

export function median(sorted: Float64Array): number {
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Two passes: the mean, then moments about it. */
function centralMoments(values: Float64Array): { mean: number; variance: number; kurtosis: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let second = 0;
  let fourth = 0;
  for (const value of values) {
    const square = (value - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  const variance = second / values.length;
  return { mean, variance, kurtosis: fourth / values.length / variance ** 2 - 3 };
}

/** Bins of equal width from the smallest to the largest value; the last one holds its upper edge, as numpy has it. */
export function histogram(
  sorted: Float64Array,
  bins: number,
  from = sorted[0]!,
  to = sorted.at(-1)!,
): number[] {
  const counts = new Array<number>(bins).fill(0);
  if (from === to) counts[0] = sorted.length;
  if (from === to) return counts;
  const edge = (bin: number): number => (bin === bins ? to : from + (bin * (to - from)) / bins);
  for (const value of sorted) {
    let bin = Math.min(bins - 1, Math.max(0, Math.floor(((value - from) / (to - from)) * bins)));
    // Rounding may have put a value that lies on an edge on its wrong side.
    if (bin > 0 && value < edge(bin)) bin--;
    else if (bin < bins - 1 && value >= edge(bin + 1)) bin++;
    counts[bin]!++;
  }
  return counts;
}
