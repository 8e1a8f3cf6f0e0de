/** The damage meter: measured again whenever the weights in use have changed, unasked, while an edit is on. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { DamageReport } from "../domain/damage";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type DamageState = {
  run: Run<DamageReport>;
  /** Of the weights in use; stays in sight while the next one is measured. */
  report: DamageReport | undefined;
  measure(): Promise<void>;
  forget(): void;
};

export type DamageStore = StoreApi<DamageState>;

export function createDamageStore(lab: Pick<Lab, "damage">): DamageStore {
  return createStore<DamageState>()((set) => {
    const driver = createRun<DamageReport>((run) => set({ run }));
    return {
      run: IDLE,
      report: undefined,
      measure: async () => {
        const report = await driver.start((context) => lab.damage({}, context));
        if (report !== undefined) set({ report });
      },
      forget: () => {
        driver.stop();
        set({ run: IDLE, report: undefined });
      },
    };
  });
}
