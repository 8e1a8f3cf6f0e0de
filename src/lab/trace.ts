/** Causal tracing of one fact, on the weights in use or on the checkpoint's own. */
import type { CallContext } from "../domain/progress";
import type {
  CellRequest,
  CellResult,
  TraceAverageRequest,
  TraceAverageResult,
  TracePartial,
  TraceRequest,
  TraceResult,
} from "../domain/trace";
import type { NoiseReference } from "../tracing/noise";
import { trace } from "../tracing/trace";
import { traceAverage } from "../tracing/traceAverage";
import { cellTop } from "../tracing/cell";
import knownSubjects from "./data/knownSubjects.json";
import { onWeights } from "./language";
import type { LoadedState } from "./session";

/** What sets three sigma: σ as shipped, else the subjects of the model's own facts, else well-known names. */
export function noiseReference({ prepared, ownSubjects }: LoadedState): NoiseReference {
  if (prepared) return prepared.subjectDeviation;
  return ownSubjects.length > 0 ? ownSubjects : knownSubjects;
}

/** @throws AppError subject-not-in-prompt, subject-ambiguous, prompt-too-long, cancelled */
export const traceFact = (
  state: LoadedState,
  request: TraceRequest,
  context: CallContext<TracePartial>,
): Promise<TraceResult> =>
  onWeights(state, request.weights, () => trace(state.model, request, noiseReference(state), context));

/** The likeliest next tokens with one state restored. */
export const traceCell = (
  state: LoadedState,
  request: CellRequest,
  context: CallContext<never>,
): Promise<CellResult> =>
  onWeights(state, request.trace.weights, () =>
    cellTop(state.model, request, noiseReference(state), context),
  );

/** Many facts on the weights in use, averaged by what each token is to its fact. @throws AppError bad-request, cancelled */
export const averageTraces = (
  state: LoadedState,
  request: TraceAverageRequest,
  context: CallContext<TraceAverageResult>,
): Promise<TraceAverageResult> => traceAverage(state.model, request, noiseReference(state), context);
