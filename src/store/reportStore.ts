/** The self-test as the user asked for it: its run, and the report that can be saved for a bug report. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { SelfTestResult } from "../domain/selfTest";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type ReportState = {
  run: Run<SelfTestResult>;
  /** When the result was made, as an ISO date. */
  made: string | undefined;
  start(): Promise<void>;
};

export type ReportStore = StoreApi<ReportState>;

export function createReportStore(lab: Pick<Lab, "selfTest">): ReportStore {
  return createStore<ReportState>()((set) => {
    const run = createRun<SelfTestResult>((next) => set({ run: next }));
    return {
      run: IDLE,
      made: undefined,
      start: async () => {
        const result = await run.start((context) => lab.selfTest({}, context));
        if (result !== undefined) set({ made: new Date().toISOString() });
      },
    };
  });
}
