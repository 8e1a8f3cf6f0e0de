/** The map never leaves its frame, and what is under the pointer stays there while it grows. */
import { expect, test } from "vitest";
import { cellAt, cellByKey, fitted, panned, revealing, zoomed } from "./atlasView";

const FRAME = { width: 400, height: 300, n: 100 };

test("all of it fits at first, and dragging goes no further than its ends", () => {
  const view = fitted(FRAME);
  expect(view).toEqual({ scale: 3, x: 0, y: 0 });
  expect(panned(view, -50, -50, FRAME)).toEqual(view);
  const close = zoomed(view, 4, { x: 0, y: 0 }, FRAME);
  const far = panned(close, -1e6, -1e6, FRAME);
  expect(far.x).toBeCloseTo(100 - 400 / 12);
  expect(far.y).toBeCloseTo(100 - 300 / 12);
});

test("zooming holds the cell under the pointer", () => {
  const point = { x: 150, y: 210 };
  const before = cellAt(fitted(FRAME), FRAME, point);
  const view = zoomed(fitted(FRAME), 3, point, FRAME);
  expect(cellAt(view, FRAME, point)).toEqual(before);
  expect(zoomed(view, 1e-9, point, FRAME)).toEqual(fitted(FRAME));
  expect(cellAt(fitted(FRAME), FRAME, { x: 350, y: 10 })).toBeUndefined();
});

test("keys walk within the map, and the cell they reach comes into sight", () => {
  expect(cellByKey("ArrowLeft", { row: 0, column: 0 }, 100)).toEqual({ row: 0, column: 0 });
  expect(cellByKey("PageDown", { row: 95, column: 3 }, 100)).toEqual({ row: 99, column: 3 });
  expect(cellByKey("End", { row: 5, column: 3 }, 100)).toEqual({ row: 5, column: 99 });
  expect(cellByKey("x", { row: 5, column: 3 }, 100)).toBeUndefined();
  const close = zoomed(fitted(FRAME), 10, { x: 0, y: 0 }, FRAME);
  const seen = revealing(close, { row: 80, column: 99 }, FRAME);
  expect(cellAt(seen, FRAME, { x: 399, y: 299 })).toEqual({ row: 80, column: 99 });
});
