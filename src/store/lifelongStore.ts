/**
 * Editing one fact after the other until the model breaks: the sequence being planned, the one that is going or waits,
 * and those before it. A sequence goes on from its last point, after a pause as after a reload; the stack in the lab
 * holds its edits, so that every point can be gone back to with the bits it had.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditMethod, Settings, StackState } from "../domain/edit";
import type { LifelongPoint } from "../domain/lifelong";
import type { LoadedModel } from "../domain/model";
import { AppError } from "../lib/errors";
import type { Lab } from "../workers/client";
import { keepRuns, MOST_RUNS, recallRuns, type LifelongRun } from "./keptRuns";
import type { LifelongPlan } from "./lifelongPlan";
import { lifelongProgress } from "./lifelongProgress";
import { createRun, IDLE, toAppError, type Run } from "./run";

export type LifelongForm = { method: EditMethod; count: number; every: number; batch: number };

export type LifelongState = {
  form: LifelongForm;
  /** Newest last. */
  runs: readonly LifelongRun[];
  /** Whose curves are in front, and whose edits are on the model. */
  current: string | undefined;
  onStack: string | undefined;
  /** The step under way, or why the last one failed. */
  step: Run<LifelongPoint>;
  /** The point that was gone back to; undefined at the newest one. */
  scrubbed: number | undefined;
  /** The point whose weights are being taken into use. */
  goingTo: number | undefined;
  /** Runs whose curves are not drawn. */
  hidden: ReadonlySet<string>;
  /** False once storage has refused. */
  isKept: boolean;
  /** Edits made way for a run and can be put back. */
  isSetAside: boolean;
  setForm(change: Partial<LifelongForm>): void;
  /** A new sequence from the base model; the stack has to be empty. Ends when all is done, paused or failed. */
  start(plan: LifelongPlan, about: LifelongAbout, afterStep: AfterStep): Promise<void>;
  resume(afterStep: AfterStep): Promise<void>;
  pause(): void;
  /** Takes the weights of a measured point into use. */
  scrub(edits: number): Promise<StackState | undefined>;
  show(id: string): void;
  toggle(id: string): void;
  remove(id: string): void;
  /** Which run's edits these are, after a load or a change of the stack elsewhere. */
  recognise(stack: StackState | undefined, modelHash: string | undefined): void;
};

export type LifelongAbout = { model: LoadedModel; list: string; settings: Settings };
export type AfterStep = (stack: StackState) => void;

export type LifelongStore = StoreApi<LifelongState>;

type LifelongLab = Pick<Lab, "continueLifelong" | "useFirstEdits" | "keepFirstEdits" | "stack">;
type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

const FORM: LifelongForm = { method: "ROME", count: 100, every: 5, batch: 1 };

/** The next run is planned as the last one was. */
const formOf = (run: LifelongRun | undefined): LifelongForm =>
  run === undefined
    ? FORM
    : { method: run.method, count: run.requests.length, every: run.every, batch: run.batch };

export function createLifelongStore(
  lab: LifelongLab,
  storage: Storage | undefined = globalThis.localStorage,
): LifelongStore {
  return createStore<LifelongState>()((set, get) => {
    const driver = createRun<LifelongPoint>((step) => set({ step }));
    const runs = recallRuns(storage);
    const find = (id: string | undefined): LifelongRun | undefined => get().runs.find((run) => run.id === id);

    const change = (id: string, next: Partial<LifelongRun>): void => {
      const { runs: before } = get();
      const after = before.map((run) => (run.id === id ? { ...run, ...next } : run));
      set({ runs: after, isKept: keepRuns(storage, after) });
    };
    const fail = (id: string, thrown: unknown): void => {
      const { message, remedy } = toAppError(thrown);
      change(id, { fault: { message, remedy } });
    };

    /** A stopped step leaves no fault. */
    const failed = (id: string): void => {
      const { step } = get();
      if (step.status === "failed") fail(id, step.error);
    };
    /** Takes the weights of a point into use, with the bits they had. */
    const goTo = async ({ stackEdits, weightHash }: LifelongPoint): Promise<StackState> => {
      const stack = await lab.useFirstEdits({ count: stackEdits });
      if (stack.weightHash !== weightHash) throw notTheSame();
      return stack;
    };

    /** Steps until the end, a pause or a failure. */
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
      form: formOf(runs.at(-1)),
      runs,
      current: runs.at(-1)?.id,
      onStack: undefined,
      step: IDLE,
      scrubbed: undefined,
      goingTo: undefined,
      hidden: new Set(),
      isKept: true,
      isSetAside: false,

      setForm: (next) => set({ form: { ...get().form, ...next } }),

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

      scrub: async (edits) => {
        const run = find(get().onStack);
        const pointAt = (place: number) => run?.points.find((one) => one.edits === place);
        if (run === undefined || pointAt(edits) === undefined || get().step.status === "running")
          return undefined;
        const isUnderWay = get().goingTo !== undefined;
        set({ goingTo: edits });
        // The one under way goes on to wherever the newest leads; what a drag passes by is left out.
        if (isUnderWay) return undefined;
        try {
          let [stack, reached] = [undefined as StackState | undefined, Number.NaN];
          while (reached !== get().goingTo) {
            reached = get().goingTo!;
            stack = await goTo(pointAt(reached)!);
          }
          set({ scrubbed: reached === run.points.at(-1)?.edits ? undefined : reached });
          return stack;
        } catch (error) {
          fail(run.id, error);
          return undefined;
        } finally {
          set({ goingTo: undefined });
        }
      },

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
  });
}

function requestOf(
  { method, requests, settings, seed, every, batch, untouched }: LifelongRun,
  done: number | undefined,
) {
  const call = { method, requests, settings, seed, batch, untouched };
  return done === undefined ? { ...call, done: 0, every: 0 } : { ...call, done, every };
}

const notTheSame = (): AppError =>
  new AppError(
    "bad-request",
    "The edits on the model are no longer those of this run.",
    "Its curves stay; start a new run to go on.",
  );

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
