/** Which model is loaded and how it does: loading, memory, the list to choose from. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Backend, LoadedModel, ModelSource, ModelSummary, Precision } from "../domain/model";
import type { Lab } from "../workers/client";
import { createRun, IDLE, toAppError, type Run } from "./run";

export type ModelState = {
  available: Run<ModelSummary[]>;
  loading: Run<LoadedModel>;
  /** The model that answers now; none while another is being loaded, for there is room for one. */
  model: LoadedModel | undefined;
  /** Bytes the backend holds, as last measured. */
  heldBytes: number | undefined;
  /** What the user wants to compute with; undefined: the best that passes its self-test. */
  backend: Backend | undefined;
  chooseBackend(backend: Backend | undefined): void;
  list(): Promise<void>;
  /** `precision`: how weights are kept; by default what loses least of what fits. */
  load(source: ModelSource, precision?: Precision): Promise<LoadedModel | undefined>;
  /** The worker was replaced and holds this model (or none) now. */
  replaced(model: LoadedModel | undefined): void;
  measure(): Promise<void>;
  /** Tests the engine once the first answer stands; a model on an engine that computes wrongly is taken away. */
  checkEngine(): Promise<void>;
};

export type ModelStore = StoreApi<ModelState>;

export function createModelStore(
  lab: Pick<Lab, "listModels" | "load" | "memory" | "checkEngine">,
): ModelStore {
  return createStore<ModelState>()((set, get) => {
    const listing = createRun<ModelSummary[]>((available) => set({ available }));
    const loading = createRun<LoadedModel>((run) => set({ loading: run }));

    return {
      available: IDLE,
      loading: IDLE,
      model: undefined,
      heldBytes: undefined,
      backend: undefined,

      chooseBackend: (backend) => set({ backend }),
      list: async () => {
        await listing.start((context) => lab.listModels({}, context));
      },
      load: async (source, precision) => {
        set({ model: undefined, heldBytes: undefined });
        const { backend } = get();
        const request = { source, ...(backend && { backend }), ...(precision && { precision }) };
        const model = await loading.start((context) => lab.load(request, context));
        if (model !== undefined) set({ model, heldBytes: model.heldBytes });
        return model;
      },
      replaced: (model) => set({ model, heldBytes: model?.heldBytes }),
      measure: async () => {
        const memory = await lab.memory({}).catch(() => undefined);
        if (memory !== undefined) set({ heldBytes: memory.bytes });
      },
      checkEngine: async () => {
        try {
          await lab.checkEngine({});
        } catch (thrown) {
          const error = toAppError(thrown);
          if (error.code !== "gpu-error") return; // a worker that ended starts again by itself
          set({ model: undefined, heldBytes: undefined, loading: { status: "failed", error } });
        }
      },
    };
  });
}
