/**
 * The list of runs: changed in one place, so that every change is kept for the next visit; which is in front, which are
 * drawn, and which one's edits are on the model.
 */
import type { StackState } from "../domain/edit";
import type { AppError } from "../lib/errors";
import { keepRuns, type LifelongRun } from "./keptRuns";
import type { LifelongState, LifelongStore } from "./lifelongStore";
import { toAppError } from "./run";

export type RunStorage = Pick<globalThis.Storage, "getItem" | "setItem">;
export type LifelongRuns = ReturnType<typeof createRuns>;

export function createRuns(
  set: LifelongStore["setState"],
  get: LifelongStore["getState"],
  storage: RunStorage | undefined,
) {
  const change = (id: string, next: Partial<LifelongRun>): void => {
    const runs = get().runs.map((run) => (run.id === id ? { ...run, ...next } : run));
    set({ runs, isKept: keepRuns(storage, runs) });
  };
  const actions: Pick<LifelongState, "show" | "toggle" | "remove" | "recognise"> = {
    show: (id) => {
      const hidden = new Set(get().hidden);
      hidden.delete(id);
      set({ current: id, hidden });
    },
    toggle: (id) => {
      const hidden = new Set(get().hidden);
      if (!hidden.delete(id)) hidden.add(id);
      set({ hidden });
    },
    remove: (id) => {
      const left = get().runs.filter((run) => run.id !== id);
      const { current, onStack } = get();
      set({
        runs: left,
        current: current === id ? left.at(-1)?.id : current,
        onStack: onStack === id ? undefined : onStack,
        isKept: keepRuns(storage, left),
      });
    },
    recognise: (stack, modelHash) => {
      if (get().step.status === "running") return;
      const found = get().runs.findLast((run) => run.modelHash === modelHash && isRunOf(run, stack));
      const enabled = stack?.edits.filter((edit) => edit.enabled).length;
      const point = found?.points.find(({ weightHash }) => weightHash === stack?.weightHash);
      const isNewest = point === found?.points.at(-1) || enabled === stack?.edits.length;
      set({ onStack: found?.id, scrubbed: isNewest ? undefined : point?.edits });
    },
  };
  return {
    find: (id: string | undefined): LifelongRun | undefined => get().runs.find((run) => run.id === id),
    change,
    /** Why it did not go on, for as long as it does not. */
    fail: (id: string, thrown: unknown): void => {
      const { message, remedy }: AppError = toAppError(thrown);
      change(id, { fault: { message, remedy } });
    },
    actions,
  };
}

/** The stack's edits are the run's first ones, in order; a step that was cut off may have left some more. */
function isRunOf({ points, requests, method }: LifelongRun, stack: StackState | undefined): boolean {
  const count = points.at(-1)?.stackEdits;
  if (stack === undefined || count === undefined || count === 0 || stack.edits.length < count) return false;
  const written = stack.edits.flatMap((edit) => edit.requests);
  const isSame = written.every(
    ({ subject, targetNew }, at) =>
      requests[at]?.subject === subject && requests[at]?.targetNew === targetNew,
  );
  return isSame && stack.edits.every((edit) => edit.method === method);
}
