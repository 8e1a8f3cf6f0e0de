/**
 * What the edit being prepared would disturb in the list of facts, and after it what it did: predicted beside measured,
 * and the change of every fact's probability.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditCall, EditSummary } from "../domain/edit";
import type { Fact, InterferenceCheck, InterferencePreview } from "../domain/superposition";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

/** Shares smaller than this are not counted as a disturbance. */
export const DEFAULT_THRESHOLD = 0.1;

export type PreviewShown = { facts: readonly Fact[]; call: EditCall; result: InterferencePreview };
/** `edited`: subjects the edit was about. */
export type CheckShown = {
  facts: readonly Fact[];
  result: InterferenceCheck;
  editId: string;
  edited: ReadonlySet<string>;
};

export type InterferenceState = {
  preview: Run<InterferencePreview>;
  shown: PreviewShown | undefined;
  check: Run<InterferenceCheck>;
  checked: CheckShown | undefined;
  threshold: number;
  look(call: EditCall, facts: readonly Fact[]): Promise<void>;
  compare(edit: Pick<EditSummary, "id" | "requests">, facts: readonly Fact[]): Promise<void>;
  setThreshold(threshold: number): void;
  forget(): void;
};

export type InterferenceStore = StoreApi<InterferenceState>;

export function createInterferenceStore(
  lab: Pick<Lab, "previewInterference" | "checkInterference">,
): InterferenceStore {
  return createStore<InterferenceState>()((set) => {
    const preview = createRun<InterferencePreview>((run) => set({ preview: run }));
    const check = createRun<InterferenceCheck>((run) => set({ check: run }));
    return {
      preview: IDLE,
      shown: undefined,
      check: IDLE,
      checked: undefined,
      threshold: DEFAULT_THRESHOLD,
      look: async (call, facts) => {
        const result = await preview.start((context) => lab.previewInterference({ call, facts }, context));
        if (result !== undefined) set({ shown: { facts, call, result } });
      },
      compare: async ({ id, requests }, facts) => {
        const result = await check.start((context) => lab.checkInterference({ id, facts }, context));
        const edited = new Set(requests.map(({ subject }) => subject));
        if (result !== undefined) set({ checked: { facts, result, editId: id, edited } });
      },
      setThreshold: (threshold) => set({ threshold }),
      forget: () => {
        preview.stop();
        check.stop();
        set({ preview: IDLE, shown: undefined, check: IDLE, checked: undefined });
      },
    };
  });
}
