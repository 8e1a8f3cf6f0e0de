/** The memory made to order: how many facts, how much their keys overlap, and what writing them one by one costs. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ConstructedMemory } from "../domain/superposition";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type ConstructedForm = { facts: number; overlap: number };

export type ConstructedState = {
  form: ConstructedForm;
  run: Run<ConstructedMemory>;
  /** The last finished one; stays in sight while a slider moves. */
  result: ConstructedMemory | undefined;
  setForm(change: Partial<ConstructedForm>): void;
  compute(): Promise<void>;
};

const WIDTH = 64;

export function createConstructedStore(lab: Pick<Lab, "constructedMemory">): StoreApi<ConstructedState> {
  return createStore<ConstructedState>()((set, get) => {
    const driver = createRun<ConstructedMemory>((run) => set({ run }));
    return {
      form: { facts: 64, overlap: 0 },
      run: IDLE,
      result: undefined,
      setForm: (change) => set({ form: { ...get().form, ...change } }),
      compute: async () => {
        const { form } = get();
        const result = await driver.start((context) =>
          lab.constructedMemory({ ...form, width: WIDTH, seed: 1 }, context),
        );
        if (result !== undefined) set({ result });
      },
    };
  });
}
