/** A job's life: what is reported, in which order, and what is not reported any more. */
import { describe, expect, test } from "vitest";
import { AppError } from "../lib/errors";
import { createRun, type Run } from "./run";

type Seen = Run<number, number[]>;

function watched() {
  const seen: Seen[] = [];
  const run = createRun<number, number[]>(
    (next) => seen.push(next),
    (earlier, next) => [...(earlier ?? []), ...next],
  );
  return { run, seen, states: () => seen.map(({ status }) => status) };
}

const pending = (): {
  promise: Promise<number>;
  resolve: (value: number) => void;
  reject: (error: Error) => void;
} => {
  let resolve: (value: number) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<number>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

describe("a run", () => {
  test("goes from running to done and hands the result back", async () => {
    const { run, states, seen } = watched();
    await expect(run.start(() => Promise.resolve(7))).resolves.toBe(7);
    expect(states()).toEqual(["running", "done"]);
    expect(seen.at(-1)).toEqual({ status: "done", result: 7 });
  });

  test("joins partial results and keeps them with later progress", async () => {
    const { run, seen } = watched();
    await run.start(async ({ onProgress }) => {
      onProgress({ note: "a", done: 1, total: 3 }, [1]);
      onProgress({ note: "b", done: 2, total: 3 }, [2]);
      onProgress({ note: "c", done: 3, total: 3 });
      return 3;
    });
    expect(seen.at(-2)).toMatchObject({ status: "running", partial: [1, 2], progress: { note: "c" } });
  });

  test("a newer start aborts and silences the older", async () => {
    const { run, seen } = watched();
    const first = pending();
    let wasAborted = false;
    const older = run.start(({ signal }) => {
      signal.addEventListener("abort", () => (wasAborted = true));
      return first.promise;
    });
    await expect(run.start(() => Promise.resolve(2))).resolves.toBe(2);
    first.resolve(1);
    await expect(older).resolves.toBeUndefined();
    expect(wasAborted).toBe(true);
    expect(seen.at(-1)).toEqual({ status: "done", result: 2 });
  });

  test("stopping is not a failure, and a late answer is not shown", async () => {
    const { run, states } = watched();
    const job = pending();
    const outcome = run.start(() => job.promise);
    run.stop();
    job.reject(new AppError("cancelled", "The job was cancelled."));
    await expect(outcome).resolves.toBeUndefined();
    expect(states()).toEqual(["running", "idle"]);
  });

  test("a failure keeps its code; anything else becomes an internal error", async () => {
    const { run, seen } = watched();
    await run.start(() => Promise.reject(new AppError("prompt-too-long", "Too long.", "Shorten it.")));
    expect(seen.at(-1)).toMatchObject({
      status: "failed",
      error: { code: "prompt-too-long", remedy: "Shorten it." },
    });
    await run.start(() => Promise.reject(new TypeError("x is not a function")));
    expect(seen.at(-1)).toMatchObject({ status: "failed", error: { code: "internal" } });
  });

  test("a job that the worker cancelled by itself goes back to idle", async () => {
    const { run, states } = watched();
    await run.start(() => Promise.reject(new AppError("cancelled", "The job was cancelled.")));
    expect(states()).toEqual(["running", "idle"]);
  });
});
