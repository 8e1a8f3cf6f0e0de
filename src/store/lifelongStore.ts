/**
 * Editing one fact after the other until the model breaks: the sequence being planned, the one that is going or waits,
 * and those before it. A sequence goes on from its last point, after a pause as after a reload; the stack in the lab
 * holds its edits, so that every point can be gone back to with the bits it had. The list of runs, their steps and the
 * way back are files of their own.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditMethod, Settings, StackState } from "../domain/edit";
import type { LifelongPoint } from "../domain/lifelong";
import type { LoadedModel } from "../domain/model";
import type { Lab } from "../workers/client";
import { recallRuns, type LifelongRun } from "./keptRuns";
import type { LifelongPlan } from "./lifelongPlan";
import { createPoints } from "./lifelongPoints";
import { createRuns, type RunStorage } from "./lifelongRuns";
import { createSteps } from "./lifelongSteps";
import { IDLE, type Run } from "./run";

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

const FORM: LifelongForm = { method: "ROME", count: 100, every: 5, batch: 1 };

/** The next run is planned as the last one was. */
const formOf = (run: LifelongRun | undefined): LifelongForm =>
  run === undefined
    ? FORM
    : { method: run.method, count: run.requests.length, every: run.every, batch: run.batch };

export function createLifelongStore(
  lab: LifelongLab,
  storage: RunStorage | undefined = globalThis.localStorage,
): LifelongStore {
  return createStore<LifelongState>()((set, get) => {
    const kept = recallRuns(storage);
    const runs = createRuns(set, get, storage);
    const points = createPoints(set, get, lab, runs);
    return {
      form: formOf(kept.at(-1)),
      runs: kept,
      current: kept.at(-1)?.id,
      onStack: undefined,
      step: IDLE,
      scrubbed: undefined,
      goingTo: undefined,
      hidden: new Set(),
      isKept: true,
      isSetAside: false,

      setForm: (next) => set({ form: { ...get().form, ...next } }),
      ...createSteps(set, get, lab, runs, points),
      ...points.actions,
      ...runs.actions,
    };
  });
}
