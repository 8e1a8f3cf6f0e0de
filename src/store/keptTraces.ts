/** Finished traces of this visit by their request and weights, so that going back to a view costs nothing. */
import type { TraceRequest, TraceResult } from "../domain/trace";
import type { TraceSubject } from "./traceStore";

/** Each is a few kilobytes; the one kept longest ago goes first. */
const MOST_KEPT = 60;

const keyOf = ({ weightHash }: TraceSubject, request: TraceRequest): string =>
  JSON.stringify([request.weights === "base" ? "base" : weightHash, request]);

export function createKeptTraces() {
  const kept = new Map<string, TraceResult>();
  return {
    find: (about: TraceSubject, request: TraceRequest): TraceResult | undefined =>
      kept.get(keyOf(about, request)),
    keep(about: TraceSubject, request: TraceRequest, result: TraceResult): TraceResult {
      const key = keyOf(about, request);
      kept.delete(key);
      kept.set(key, result);
      const oldest = kept.keys().next().value;
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      return result;
    },
  };
}
