/** A job that would come near this device's memory waits here until the user says to go on. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ForecastRequest, JobForecast } from "../domain/forecast";
import type { Lab } from "../workers/client";

/** From this share of the limit on, the user is asked. */
const NEAR = 0.75;

export type CautionState = {
  trace: JobForecast | undefined;
  edit: JobForecast | undefined;
  /** Whether the job may begin: it leaves room. If not, its forecast is shown. */
  allows(request: ForecastRequest): Promise<boolean>;
  clear(kind: ForecastRequest["kind"]): void;
};

export type CautionStore = StoreApi<CautionState>;

export function createCautionStore(lab: Pick<Lab, "forecast">): CautionStore {
  return createStore<CautionState>()((set) => ({
    trace: undefined,
    edit: undefined,
    allows: async (request) => {
      // What is wrong with a request is told by the job itself.
      const found = await lab.forecast(request).catch(() => undefined);
      const isNear = found !== undefined && found.held > NEAR * found.limit.bytes;
      set({ [request.kind]: isNear ? found : undefined });
      return !isNear;
    },
    clear: (kind) => set({ [kind]: undefined }),
  }));
}
