import { expect, test } from "vitest";
import { drawSpectrum, freeBelow, spectrumSentence } from "./spectrumSentence";

const VALUES = Float64Array.of(4, 1, 0.5, 0.02, 0.001, 0);

test("what lies below the threshold is free, what lies on it is not", () => {
  expect(freeBelow(VALUES, 0.02)).toBe(2);
  expect(freeBelow(VALUES, 0.021)).toBe(3);
  expect(freeBelow(VALUES, 10)).toBe(6);
  expect(freeBelow(VALUES, 0)).toBe(0);
});

test("the sentence has the numbers", () => {
  expect(spectrumSentence(2, VALUES, 0.02)).toBe(
    "Layer 2: 2 of 6 directions lie below 0.020 and are free; the eigenvalues reach from 4.0 down to 0.",
  );
  expect(spectrumSentence(2, VALUES, 0)).toContain("nothing could be written");
});

test("the curve falls from the top, and the threshold stands between what is free and what is not", () => {
  const { curve, threshold, freeFrom, width, height } = drawSpectrum(VALUES, 0.02);
  const ys = curve.split(" ").map((point) => Number(point.split(",")[1]));
  expect(ys).toHaveLength(6);
  expect(ys.every((y, at) => at === 0 || y >= ys[at - 1]!)).toBe(true);
  expect(ys[0]).toBe(2);
  expect(ys.at(-1)).toBe(height - 2);
  expect(threshold).toBeCloseTo(ys[3]!, 1);
  expect(threshold).toBeLessThan(ys[4]!);
  expect(freeFrom).toBeCloseTo((width * 4) / 5);
});
