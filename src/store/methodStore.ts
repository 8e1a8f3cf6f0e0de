/** The lab's editing methods with the loaded model's defaults; asked for anew with every model. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { EditCall, EditMethod } from "../domain/edit";
import type { JobForecast } from "../domain/forecast";
import type { MethodDescription, SettingSpec } from "../domain/methods";
import type { Lab } from "../workers/client";

export type MethodState = {
  methods: readonly MethodDescription[];
  /** What each would take for the request it was last asked about. */
  costs: ReadonlyMap<EditMethod, JobForecast>;
  refresh(): Promise<void>;
  estimate(calls: readonly EditCall[], signal: AbortSignal): Promise<void>;
};

export type MethodStore = StoreApi<MethodState>;

export function createMethodStore(lab: Pick<Lab, "methods" | "forecast">): MethodStore {
  return createStore<MethodState>()((set, get) => ({
    methods: [],
    costs: new Map(),
    refresh: async () => {
      const methods = await lab.methods({}).catch(() => undefined);
      if (methods !== undefined) set({ methods, costs: new Map() });
    },
    estimate: async (calls, signal) => {
      for (const call of calls) {
        // What is wrong with a request is told by the edit itself.
        const cost = await lab.forecast({ kind: "edit", call }, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        const costs = new Map(get().costs);
        if (cost === undefined) costs.delete(call.method);
        else costs.set(call.method, cost);
        set({ costs });
      }
    },
  }));
}

export function methodNamed(
  methods: readonly MethodDescription[],
  name: EditMethod,
): MethodDescription | undefined {
  return methods.find((method) => method.name === name);
}

/** The setting that says where a method writes: one layer, several, or none. */
export function layerSpec(method: MethodDescription | undefined): SettingSpec | undefined {
  return method?.settings.find(({ name }) => name === "layer" || name === "editLayers");
}

/** As many layers as the method takes by default, the last of them the one that was chosen. */
export function layersUpTo(method: MethodDescription, layer: number): number[] {
  const usual = method.defaults["editLayers"];
  const count = Math.min(layer + 1, Array.isArray(usual) ? usual.length : 1);
  return Array.from({ length: count }, (_none, index) => layer - count + 1 + index);
}
