/** Choosing a model: what is known of one before its weights are fetched, and what the browser keeps already. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ModelSource } from "../domain/model";
import type { KeptModels, ModelInspection } from "../domain/modelInspection";
import type { Lab } from "../workers/client";
import { parseHubName } from "./modelRef";
import { createRun, IDLE, type Run } from "./run";

export type PickerState = {
  /** What stands in the field for a model of the hub. */
  hubText: string;
  /** What the last look at a model found, and where that model is. */
  inspection: Run<ModelInspection>;
  inspected: ModelSource | undefined;
  kept: Run<KeptModels>;
  /** The last list of kept models; stays in sight while it is read again. */
  lastKept: KeptModels | undefined;
  setHubText(text: string): void;
  /** Reads configuration and file list of a model, no weights. Asks the hub only now. */
  inspect(source: ModelSource): Promise<ModelInspection | undefined>;
  /** The same for what stands in the field. */
  inspectTyped(): Promise<void>;
  forget(): void;
  listKept(): Promise<void>;
  removeKept(ref: string): Promise<void>;
};

export type PickerStore = StoreApi<PickerState>;

type PickerLab = Pick<Lab, "inspectModel" | "keptModels" | "removeKeptModel">;

export function createPickerStore(lab: PickerLab): PickerStore {
  return createStore<PickerState>()((set, get) => {
    const inspecting = createRun<ModelInspection>((inspection) => set({ inspection }));
    const keeping = createRun<KeptModels>((kept) =>
      set(kept.status === "done" ? { kept, lastKept: kept.result } : { kept }),
    );
    return {
      hubText: "",
      inspection: IDLE,
      inspected: undefined,
      kept: IDLE,
      lastKept: undefined,

      setHubText: (hubText) => set({ hubText }),
      inspect: (source) => {
        set({ inspected: source });
        return inspecting.start((context) => lab.inspectModel({ source }, context));
      },
      inspectTyped: async () => {
        const hub = parseHubName(get().hubText);
        if (hub !== undefined) await get().inspect({ kind: "hub", ...hub });
      },
      forget: () => {
        inspecting.stop();
        set({ inspection: IDLE, inspected: undefined });
      },
      listKept: async () => void (await keeping.start((context) => lab.keptModels({}, context))),
      removeKept: async (ref) =>
        void (await keeping.start((context) => lab.removeKeptModel({ ref }, context))),
    };
  });
}
