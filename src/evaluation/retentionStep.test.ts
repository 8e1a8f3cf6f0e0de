import { expect, test } from "vitest";
import { retentionStep } from "./retentionStep";

test.each([
  [60, 10, 10],
  [0, 5, 5],
  [7, 0, 10],
  [50, 1, 1],
  [51, 1, 2],
  [500, 1, 10],
  [500, 20, 20],
])("%d edits, measured after every %d: %d requests in an entry", (edits, every, step) => {
  expect(retentionStep(edits, every)).toBe(step);
  expect(Math.ceil(edits / step)).toBeLessThanOrEqual(50);
});
