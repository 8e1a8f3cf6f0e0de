import { expect, test } from "vitest";
import { groupMeans, longTargetsPicture } from "./longTargetsPicture";

const points = Array.from({ length: 20 }, (_, at) => ({ name: `<text ${at}>`, x: 30 + at, y: at / 20 }));

test("groups along x are of equal size, in order", () => {
  const means = groupMeans([...points].reverse());
  expect(means.map(({ x }) => x)).toEqual([31.5, 35.5, 39.5, 43.5, 47.5]);
  expect(means[0]!.y).toBeCloseTo(0.075);
  expect(groupMeans([])).toEqual([]);
  expect(groupMeans(points.slice(0, 2))).toHaveLength(2);
});

test("a picture has a dot per text, names escaped, and no coordinate that is not a number", () => {
  const svg = longTargetsPicture([{ method: "before", points }, { method: "A & B", points }], "words", "tokens"); // prettier-ignore
  expect(svg.match(/<rect [^>]*><title>/g)).toHaveLength(40);
  expect(svg).toMatch(/&#60;text 3&#62;: 0\.15/);
  expect(svg).toMatch(/A &#38; B/);
  expect(svg).not.toMatch(/NaN|Infinity/);
  expect(longTargetsPicture([{ method: "one", points: points.slice(0, 1) }], "words", "tokens")).not.toMatch(
    /NaN/,
  );
});
