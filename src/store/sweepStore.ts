/** The present edit at every layer: how far, what came of it, and whether its curves stand in the heatmap's place. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditCall } from "../domain/edit";
import type { SweepResult } from "../domain/trials";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type SweepState = {
  isOpen: boolean;
  run: Run<SweepResult, SweepResult>;
  /** The last finished sweep and what it was about. */
  result: SweepResult | undefined;
  call: EditCall | undefined;
  start(call: EditCall): Promise<void>;
  close(): void;
  clear(): void;
};

export type SweepStore = StoreApi<SweepState>;

export function createSweepStore(lab: Pick<Lab, "layerSweep">): SweepStore {
  return createStore<SweepState>()((set) => {
    const run = createRun<SweepResult, SweepResult>((next) => set({ run: next }));
    return {
      isOpen: false,
      run: IDLE,
      result: undefined,
      call: undefined,
      start: async (call) => {
        set({ isOpen: true, call, result: undefined });
        const result = await run.start((context) => lab.layerSweep({ call }, context));
        if (result !== undefined) set({ result });
      },
      close: () => {
        run.stop();
        set({ isOpen: false });
      },
      clear: () => {
        run.stop();
        set({ isOpen: false, run: IDLE, result: undefined, call: undefined });
      },
    };
  });
}

/** What to draw: the layers that are done, else the finished sweep. */
export function sweepShown({ run, result }: Pick<SweepState, "run" | "result">): SweepResult | undefined {
  return run.status === "running" ? run.partial : result;
}
