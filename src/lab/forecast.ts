/** What a trace or an edit would hold on the loaded model, and how long an edit will take, told before it begins. Refusing is jobMemory's. */
import type { ForecastRequest, JobForecast } from "../domain/forecast";
import { memory } from "../gpu/tensor";
import { heldBy } from "../model/memoryEstimate";
import { estimateEditSeconds } from "./editPace";
import { editMemory, traceMemory } from "./jobMemory";
import { memoryLimit } from "./memoryLimit";
import { loadedModel, type Session } from "./session";

/** @throws AppError model-not-loaded; what the request itself is refused for */
export async function forecast(session: Session, asked: ForecastRequest): Promise<JobForecast> {
  const state = loadedModel(session);
  const { backend } = state.info;
  const { bytes: job } =
    asked.kind === "trace" ? traceMemory(state, asked.request) : editMemory(state, asked.call);
  const held = { job, held: heldBy(backend, memory().bytes + job), limit: memoryLimit(backend) };
  return asked.kind === "trace" ? held : { ...held, seconds: await estimateEditSeconds(state, asked.call) };
}
