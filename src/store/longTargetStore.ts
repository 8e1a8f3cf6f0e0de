/** The long answer in the edit form as the lab reads it: its tokens, its cut, and how likely each token is now. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { CutRequest, CutTarget } from "../domain/longTarget";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type LongTargetState = {
  run: Run<CutTarget>;
  /** The last answer of the lab; stays in sight while a newer one is on its way. */
  cut: CutTarget | undefined;
  look(request: CutRequest): Promise<void>;
  clear(): void;
};

export type LongTargetStore = StoreApi<LongTargetState>;

export function createLongTargetStore(lab: Pick<Lab, "cutTarget">): LongTargetStore {
  return createStore<LongTargetState>()((set) => {
    const run = createRun<CutTarget>((next) => set({ run: next }));
    return {
      run: IDLE,
      cut: undefined,
      look: async (request) => {
        const cut = await run.start((context) => lab.cutTarget(request, context));
        if (cut !== undefined) set({ cut });
      },
      clear: () => {
        run.stop();
        set({ run: IDLE, cut: undefined });
      },
    };
  });
}
