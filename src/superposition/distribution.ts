/** One list of numbers summed up as the paper does it (arXiv 2408.07413, section 4; algorithms.md 18.3). */
import type { Distribution } from "../domain/superposition";
import { median } from "./median";

/** Beyond this size an entry is counted apart: near duplicates dominate the fourth moment. */
const EXTREME = 0.9;

/** Everything of `Distribution`; numbers of an empty list are NaN. */
export function describeDistribution(values: Float64Array): Distribution {
  const { mean, variance, kurtosis } = centralMoments(values, Infinity);
  const usual = centralMoments(values, EXTREME);
  let absolute = 0;
  let [min, max] = [values[0] ?? Number.NaN, values[0] ?? Number.NaN];
  for (const value of values) {
    absolute += Math.abs(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return {
    count: values.length,
    mean,
    std: Math.sqrt(variance),
    min,
    max,
    median: median(values),
    absoluteMean: absolute / values.length,
    kurtosis,
    extreme: { count: values.length - usual.count, kurtosisWithout: usual.kurtosis },
  };
}

/** Of a list in which every value stands twice, from one half of it. */
export function describeTwice(values: Float64Array): Distribution {
  const half = describeDistribution(values);
  const extreme = { ...half.extreme, count: 2 * half.extreme.count };
  return { ...half, count: 2 * half.count, extreme };
}

/** Biased excess kurtosis, m₄/m₂² − 3: 0 for a normal, NaN where nothing varies. */
export const excessKurtosis = (values: Float64Array): number => centralMoments(values, Infinity).kurtosis;

/** Of the values with |value| ≤ `most`. Two passes: the mean, then moments about it. No copies: the list may be long. */
function centralMoments(values: Float64Array, most: number) {
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (Math.abs(value) > most) continue;
    count++;
    sum += value;
  }
  const mean = sum / count;
  let second = 0;
  let fourth = 0;
  for (const value of values) {
    if (Math.abs(value) > most) continue;
    const square = (value - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  const variance = second / count;
  return { count, mean, variance, kurtosis: fourth / count / variance ** 2 - 3 };
}

/** Bins of equal width between two values; the last one holds its upper edge, as numpy has it. */
export function histogram(values: Float64Array, bins: number, from: number, to: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  if (from === to) counts[0] = values.length;
  if (from === to) return counts;
  const edge = (bin: number): number => (bin === bins ? to : from + (bin * (to - from)) / bins);
  for (const value of values) {
    let bin = Math.min(bins - 1, Math.max(0, Math.floor(((value - from) / (to - from)) * bins)));
    // Rounding may have put a value that lies on an edge on its wrong side.
    if (bin > 0 && value < edge(bin)) bin--;
    else if (bin < bins - 1 && value >= edge(bin + 1)) bin++;
    counts[bin]!++;
  }
  return counts;
}
