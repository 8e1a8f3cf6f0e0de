import { expect, test } from "vitest";
import type { Statistics } from "../editing/statistics";
import { RecentInputs } from "./recentInputs";

/** Sizes count, values do not: the array stands for `width`² numbers. */
const moment = (layer: number, width: number): Statistics => ({
  modelHash: "",
  textHash: "",
  layers: new Map([[layer, { width, values: new Float64Array(0), tokens: 1, convergence: [] }]]),
});

test("second moments are kept up to a bound, the oldest forgotten first", () => {
  const recent = new RecentInputs();
  const width = 2048; // 64 MiB with its factor
  for (const layer of [3, 4, 5, 6]) recent.keepStatistics(layer, moment(layer, width));
  expect([3, 4, 5, 6].filter((layer) => recent.statistics(layer))).toEqual([3, 4, 5, 6]);
  recent.keepStatistics(7, moment(7, width));
  expect([3, 4, 5, 6, 7].filter((layer) => recent.statistics(layer))).toEqual([4, 5, 6, 7]);
  const newer = moment(5, width);
  recent.keepStatistics(5, newer);
  expect(recent.statistics(5)).toBe(newer);
});

test("a layer too large for the bound is not kept", () => {
  const recent = new RecentInputs();
  recent.keepStatistics(0, moment(0, 8192));
  expect(recent.statistics(0)).toBeUndefined();
});

test("contexts are sampled once for each kind and seed; a failure is not kept", async () => {
  const recent = new RecentInputs();
  let calls = 0;
  const sample = () => Promise.resolve([`{} ${calls++}`]);
  await expect(recent.contexts("rome 1", () => Promise.reject(new Error("cancelled")))).rejects.toThrow();
  expect(await recent.contexts("rome 1", sample)).toEqual(["{} 0"]);
  expect(await recent.contexts("rome 1", sample)).toEqual(["{} 0"]);
  expect(await recent.contexts("rome 2", sample)).toEqual(["{} 1"]);
});
