/** How a sequence goes on: step by step from its first point or its last, until the end, a pause or a failure. */
import type { LifelongPoint } from "../domain/lifelong";
import type { Lab } from "../workers/client";
import { MOST_RUNS, type LifelongRun } from "./keptRuns";
import type { LifelongPoints } from "./lifelongPoints";
import { lifelongProgress } from "./lifelongProgress";
import type { LifelongRuns } from "./lifelongRuns";
import type { AfterStep, LifelongState, LifelongStore } from "./lifelongStore";
import { createRun } from "./run";

export function createSteps(
  set: LifelongStore["setState"],
  get: LifelongStore["getState"],
  lab: Pick<Lab, "continueLifelong" | "keepFirstEdits" | "stack">,
  { find, change, fail }: LifelongRuns,
  { goTo }: LifelongPoints,
): Pick<LifelongState, "start" | "resume" | "pause"> {
  const driver = createRun<LifelongPoint>((step) => set({ step }));

  /** A stopped step leaves no fault. */
  const failed = (id: string): void => {
    const { step } = get();
    if (step.status === "failed") fail(id, step.error);
  };

  const goOn = async (id: string, afterStep: AfterStep): Promise<void> => {
    for (;;) {
      const run = find(id);
      if (run === undefined) return;
      const done = run.points.at(-1)?.edits;
      if (done === run.requests.length) return;
      const point = await driver.start(({ signal, onProgress }) =>
        lab.continueLifelong(requestOf(run, done), {
          signal,
          onProgress: (step) => onProgress(lifelongProgress(run, step)),
        }),
      );
      if (point === undefined) return failed(id);
      change(id, { points: [...run.points, point] });
      afterStep(await lab.stack({}));
    }
  };

  return {
    start: async ({ requests, untouched, leftOut }, { model, list, settings }, afterStep) => {
      const { method, every, batch } = get().form;
      const id = crypto.randomUUID();
      const { ref, hash } = model;
      const run: LifelongRun = {
        ...{ id, method, settings, seed: 1, every, batch, requests, untouched },
        ...{ list, model: ref, modelHash: hash, points: [], ...(leftOut.length > 0 && { leftOut }) },
      };
      const kept = [...get().runs.filter(({ points }) => points.length > 0), run].slice(-MOST_RUNS);
      set({ runs: kept, current: id, onStack: id, scrubbed: undefined });
      await goOn(id, afterStep);
    },

    resume: async (afterStep) => {
      const run = find(get().onStack);
      const last = run?.points.at(-1);
      if (run === undefined || last === undefined) return;
      const { fault: _over, ...sound } = run;
      set({ runs: get().runs.map((one) => (one.id === run.id ? sound : one)), current: run.id });
      const found = await driver.start(async ({ onProgress }) => {
        onProgress({ note: "Going back to the last point", done: last.edits, total: run.requests.length });
        await goTo(last);
        await lab.keepFirstEdits({ count: last.stackEdits });
        return last;
      });
      if (found === undefined) return failed(run.id);
      set({ scrubbed: undefined });
      await goOn(run.id, afterStep);
    },

    pause: () => driver.stop(),
  };
}

function requestOf(
  { method, requests, settings, seed, every, batch, untouched }: LifelongRun,
  done: number | undefined,
) {
  const call = { method, requests, settings, seed, batch, untouched };
  return done === undefined ? { ...call, done: 0, every: 0 } : { ...call, done, every };
}
