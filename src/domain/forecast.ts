/** What a job is expected to take beside the model, told before it begins. */
import type { EditCall } from "./edit";
import type { MemoryLimit } from "./modelInspection";
import type { TraceRequest } from "./trace";

export type ForecastRequest = { kind: "trace"; request: TraceRequest } | { kind: "edit"; call: EditCall };

export type JobForecast = {
  /** Bytes of the job itself at its worst moment. */
  job: number;
  /** What the backend would hold then, the model included. */
  held: number;
  limit: MemoryLimit;
  /** How long it will take, where there is a measure for it. */
  seconds?: number;
};
