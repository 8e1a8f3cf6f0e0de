/** Several methods at the same requests: which ones, how far they are, and what they came to. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditMethod } from "../domain/edit";
import type { DuelRequest, DuelResult } from "../domain/trials";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type DuelState = {
  chosen: readonly EditMethod[];
  run: Run<DuelResult, DuelResult>;
  /** The last finished duel, and how many requests it was about. */
  result: DuelResult | undefined;
  requests: number;
  toggle(method: EditMethod): void;
  start(request: DuelRequest): Promise<void>;
  clear(): void;
};

export type DuelStore = StoreApi<DuelState>;

export function createDuelStore(lab: Pick<Lab, "duel">): DuelStore {
  return createStore<DuelState>()((set, get) => {
    const run = createRun<DuelResult, DuelResult>((next) => set({ run: next }));
    return {
      chosen: ["ROME", "MEMIT", "FT-L", "GRACE"],
      run: IDLE,
      result: undefined,
      requests: 0,
      toggle: (method) => {
        const { chosen } = get();
        const without = chosen.filter((other) => other !== method);
        set({ chosen: without.length < chosen.length ? without : [...chosen, method] });
      },
      start: async (request) => {
        set({ requests: request.requests.length });
        const result = await run.start((context) => lab.duel(request, context));
        if (result !== undefined) set({ result });
      },
      clear: () => {
        run.stop();
        set({ run: IDLE, result: undefined });
      },
    };
  });
}
