import { expect, test } from "vitest";
import { atlasPixels, countStrong } from "./atlasImage";

test("red above zero, blue below, the ends held, in the order asked for", () => {
  const values = Float32Array.of(1, -1, 7, Number.NaN);
  const pixels = atlasPixels(values, [1, 0], "light");
  const at = (row: number, column: number) => [
    ...pixels.slice(4 * (2 * row + column), 4 * (2 * row + column) + 4),
  ];
  // Row 0 of the picture is fact 1: p(1, 1) is no number, p(1, 0) is 7.
  expect(at(0, 1)).toEqual(at(1, 1));
  expect(at(0, 1)[0]!).toBeGreaterThan(at(0, 1)[2]!);
  expect(at(1, 0)[2]!).toBeGreaterThan(at(1, 0)[0]!);
  expect(Math.min(...at(0, 0))).toBeGreaterThan(200);
  expect(countStrong(Float32Array.of(1, -0.5, 0.05, 1), 2, 0.1)).toEqual({ strong: 1, all: 2 });
});
