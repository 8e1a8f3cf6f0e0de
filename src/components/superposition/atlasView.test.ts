/** The map never leaves its frame, and what is under the pointer stays there while it grows. */
import { expect, test } from "vitest";
import { cellAt, cellByKey, fitted, panned, pinched, revealing, zoomed } from "./atlasView";

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

test("two fingers: the cell between them stays between them and grows as they part", () => {
  const view = zoomed(fitted(FRAME), 2, { x: 200, y: 150 }, FRAME);
  const before = [
    { x: 100, y: 100 },
    { x: 180, y: 160 },
  ] as const;
  const after = [
    { x: 120, y: 60 },
    { x: 240, y: 150 },
  ] as const;
  const near = pinched(view, before, after, FRAME);
  expect(near.scale / view.scale).toBeCloseTo(1.5);
  expect(near.x + 180 / near.scale).toBeCloseTo(view.x + 140 / view.scale);
  expect(near.y + 105 / near.scale).toBeCloseTo(view.y + 130 / view.scale);
  const back = pinched(near, after, before, FRAME);
  expect([back.scale, back.x, back.y].map((one) => one.toFixed(6))).toEqual(
    [view.scale, view.x, view.y].map((one) => one.toFixed(6)),
  );
});

test("two fingers: side by side they drag, together they say nothing, and the whole map is the least", () => {
  const view = zoomed(fitted(FRAME), 4, { x: 200, y: 150 }, FRAME);
  const held = [
    { x: 100, y: 100 },
    { x: 200, y: 100 },
  ] as const;
  const aside = [
    { x: 90, y: 130 },
    { x: 190, y: 130 },
  ] as const;
  expect(pinched(view, held, aside, FRAME)).toEqual(panned(view, -10, 30, FRAME));
  const touching = [
    { x: 100, y: 100 },
    { x: 100, y: 100 },
  ] as const;
  expect(pinched(view, touching, touching, FRAME)).toEqual(view);
  expect(pinched(fitted(FRAME), held, touching, FRAME)).toEqual(fitted(FRAME));
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
