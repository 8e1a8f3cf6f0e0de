/** Moving about in the heatmap by keys, either way round. */
import { describe, expect, test } from "vitest";
import type { Heatmap } from "../../lib/heatmap/heatmap";
import { axesOf, cellAt, moveByKey } from "./axes";

const HEATMAP: Heatmap = {
  tokens: ["a", " b", " c"].map((text, id) => ({ id, text, start: 0, end: 1 })),
  subject: { start: 1, end: 2 },
  answer: "",
  layers: 2,
  clean: 1,
  corrupted: 0,
  scores: [],
  spread: [],
  isDifference: false,
};

describe("axes", () => {
  test.each([false, true])("a cell is the same cell when transposed is %s", (isTransposed) => {
    const { rows, columns } = axesOf(HEATMAP, isTransposed);
    const cells = rows.flatMap((row) => columns.map((column) => cellAt(row, column)));
    expect(cells).toHaveLength(6);
    expect(new Set(cells.map(({ token, layer }) => `${token}/${layer}`)).size).toBe(6);
    expect(Math.max(...cells.map(({ token }) => token))).toBe(2);
  });
  test("the subject is marked on its axis alone", () => {
    expect(axesOf(HEATMAP, false).rows.map(({ isSubject }) => isSubject)).toEqual([false, true, false]);
  });
});

test.each([
  ["ArrowUp", false, [0, 1], [0, 1]],
  ["ArrowDown", false, [1, 1], [2, 1]],
  ["ArrowRight", false, [1, 3], [1, 3]],
  ["ArrowLeft", false, [1, 3], [1, 2]],
  ["Home", false, [2, 3], [2, 0]],
  ["End", false, [0, 0], [0, 3]],
  ["Home", true, [2, 3], [0, 0]],
  ["End", true, [0, 0], [2, 3]],
  ["a", false, [1, 1], undefined],
] as const)("%s (control %s) from %j leads to %j", (key, control, from, to) => {
  expect(moveByKey(key, control, from, [3, 4])).toEqual(to);
});
