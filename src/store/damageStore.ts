/** The damage meter: measured again whenever the weights in use have changed, unasked, while an edit is on. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { DamageReport } from "../domain/damage";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type DamageState = {
  run: Run<DamageReport>;
  /** Stays in sight while the next one is measured, and no longer: what is stopped or fails leaves none. */
  report: DamageReport | undefined;
  measure(): Promise<void>;
  /** Between the steps of a sequence: not while one is under way, nor so often that the sequence gets slower. */
  measureInPassing(): void;
  forget(): void;
};

export type DamageStore = StoreApi<DamageState>;

/** Time between two measurements in passing, as a multiple of what one takes: a twentieth of a sequence's time. */
const REST = 20;

export function createDamageStore(
  lab: Pick<Lab, "damage">,
  now: () => number = () => performance.now(),
): DamageStore {
  return createStore<DamageState>()((set, get) => {
    let ended = -Infinity;
    let newest = 0;
    const driver = createRun<DamageReport>((run) => set({ run }));
    return {
      run: IDLE,
      report: undefined,
      measure: async () => {
        const mine = ++newest;
        const report = await driver.start((context) => lab.damage({}, context));
        if (mine !== newest) return;
        if (report !== undefined) ended = now();
        set({ report });
      },
      measureInPassing: () => {
        const { run, report } = get();
        const isDue = now() - ended >= REST * (report?.milliseconds ?? 0);
        if (run.status !== "running" && isDue) void get().measure();
      },
      forget: () => {
        driver.stop();
        set({ run: IDLE, report: undefined });
      },
    };
  });
}
