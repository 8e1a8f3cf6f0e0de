/** The bar of a sequence is of the sequence, not of its step, and the time left of everything that is left. */
import { expect, test } from "vitest";
import type { LifelongPoint } from "../domain/lifelong";
import { lifelongProgress } from "./lifelongProgress";

const requests = Array.from({ length: 200 }, () => ({
  ...{ prompt: "{} is", subject: "a", targetNew: "b", paraphrases: [], neighbours: [] },
}));
const point = (edits: number, milliseconds: number) => ({ edits, milliseconds }) as LifelongPoint;
const step = { note: "Edit 46 of 200", done: 5, total: 20 };

test("before the first step there is no pace", () => {
  expect(lifelongProgress({ points: [], requests }, step)).toEqual({ ...step, done: 0, total: 200 });
  const first = lifelongProgress({ points: [point(0, 900)], requests }, { ...step, done: 3 });
  expect(first).toEqual({ note: step.note, done: 3, total: 200 });
});

test("counts the edits of all steps and takes the pace of the newest ones", () => {
  const points = [point(0, 9e9), point(20, 9e9), point(40, 4000), point(60, 5000), point(80, 6000)];
  const { done, total, secondsLeft } = lifelongProgress({ points, requests }, step);
  expect([done, total]).toEqual([85, 200]);
  // 15 s for 60 edits, 115 are left.
  expect(secondsLeft).toBeCloseTo((15 / 60) * 115);
});

test("never says more than all", () => {
  const points = [point(0, 1), point(190, 5000)];
  expect(lifelongProgress({ points, requests }, { ...step, done: 20 }).done).toBe(200);
});
