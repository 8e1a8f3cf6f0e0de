import { expect, test } from "vitest";
import { legacyRandom } from "../lib/random/legacyRandom";
import { estimateDensity } from "./density";
import { describeDistribution, histogram } from "./distribution";
import { compareQuantiles, compareTails, normalQuantile, normalTail, quantile } from "./heavyTails";

/** Of scipy.stats.norm. */
test.each([
  [0.975, 1.959963984540054],
  [0.75, 0.6744897501960817],
  [0.5001, 0.000250662829],
  [0.0001, -3.719016485455709],
  [0.6914624612740131, 0.5],
])("the normal's quantile at %d", (level, z) => expect(normalQuantile(level)).toBeCloseTo(z, 9));

test.each([
  [0, 0.5],
  [0.3, 0.3820885778110474],
  [3, 0.0013498980316300946],
  [5, 2.8665157187919391e-7],
])("the normal's tail beyond %d", (z, tail) => expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(1e-9));

const normals = (count: number): Float64Array => {
  const random = legacyRandom(3);
  return Float64Array.from({ length: count }, () => random.normal());
};

test("normal numbers have a normal's tails, their cubes have heavy ones", () => {
  for (const heavy of [false, true]) {
    const values = normals(20_000).map((value) => (heavy ? value ** 3 : value));
    const sorted = values.toSorted();
    const { mean, std, kurtosis } = describeDistribution(values);
    const [, three] = compareTails(values, mean, std);
    const extremes = compareQuantiles(sorted, mean, std);
    if (heavy) {
      expect(kurtosis).toBeGreaterThan(20);
      expect(three!.observed).toBeGreaterThan(4 * three!.normal);
    } else {
      expect(Math.abs(kurtosis)).toBeLessThan(0.15);
      expect(three!.observed / three!.normal).toBeCloseTo(1, 0);
      extremes.forEach(({ observed, normal }) => expect(Math.abs(observed - normal)).toBeLessThan(0.4));
    }
  }
});

test("the density of very many values is that of the values themselves", () => {
  const sorted = normals(50_000).toSorted();
  const { x, y, bandwidth } = estimateDensity(sorted);
  for (const at of [3, 40, 50, 90]) {
    const exact =
      sorted.reduce((sum, value) => sum + Math.exp(-0.5 * ((x[at]! - value) / bandwidth) ** 2), 0) /
      (sorted.length * bandwidth * Math.sqrt(2 * Math.PI));
    expect(Math.abs(y[at]! - exact)).toBeLessThan(1e-4 * Math.max(...y));
  }
  expect(estimateDensity(new Float64Array(5))).toEqual({ x: [], y: [], bandwidth: 0 });
});

test("bins hold their lower edge, the last one both", () => {
  expect(histogram(Float64Array.of(0, 0.1, 0.2, 0.3, 0.5, 1), 10, 0, 1)).toEqual([
    1, 1, 1, 1, 0, 1, 0, 0, 0, 1,
  ]);
  expect(histogram(Float64Array.of(2, 2, 2), 3, 2, 2)).toEqual([3, 0, 0]);
  expect(quantile(Float64Array.of(1, 2, 4), 0.75)).toBe(3);
});
