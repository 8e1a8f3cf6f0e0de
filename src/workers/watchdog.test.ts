import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WatchedStep } from "../domain/watch";
import type { LabNotice } from "./messages";
import { announceSteps, createWatchdog } from "./watchdog";

const step: WatchedStep = { kind: "template", model: "tiny" };

describe("the watchdog of the page", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("speaks up once when a step does not end within the bound, and not before", () => {
    const overdue: WatchedStep[] = [];
    const dog = createWatchdog((one) => overdue.push(one), 1500);
    dog.hear(step);
    vi.advanceTimersByTime(1400);
    expect(overdue).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(overdue).toEqual([step]);
  });

  test("is quiet when steps end, however many there are", () => {
    const overdue: WatchedStep[] = [];
    const dog = createWatchdog((one) => overdue.push(one), 1500);
    for (let times = 0; times < 10; times++) {
      dog.hear(step);
      vi.advanceTimersByTime(1000);
      dog.hear(undefined);
    }
    dog.hear(step);
    dog.stop();
    vi.advanceTimersByTime(10_000);
    expect(overdue).toEqual([]);
  });
});

test("the worker tells of the outermost step, before it begins and whatever its end", () => {
  const told: (LabNotice | string)[] = [];
  const watch = announceSteps((notice) => told.push(notice));
  watch(step, () => watch(step, () => told.push("inside")));
  expect(() => watch(step, () => { throw new Error("broken"); })).toThrow("broken"); // prettier-ignore
  const began = { kind: "watch", step };
  const ended = { kind: "watch", step: undefined };
  expect(told).toEqual([began, "inside", ended, began, ended]);
});
