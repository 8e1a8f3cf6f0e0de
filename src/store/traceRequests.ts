/** From what the user looks at to requests of the lab, and from its answers to what is shown. Pure. */
import type { TraceRequest, TraceResult } from "../domain/trace";
import type { ShownTrace, TraceSettings, TraceState, TraceSubject, TraceView } from "./traceStore";

export function toRequest(
  about: TraceSubject,
  view: TraceView,
  settings: TraceSettings,
  weights: "edited" | "base",
): TraceRequest {
  const { samples, noise, window, seed, sever, severedNoise } = settings;
  return {
    prompt: about.prompt,
    subject: about.subject,
    ...(about.answer === undefined ? {} : { answer: about.answer }),
    kind: view === "mlp" || view === "attention" ? view : "state",
    window,
    samples,
    noise,
    seed,
    ...(view === "severed" ? { sever } : {}),
    severedNoise,
    naive: false,
    weights,
  };
}

/** The requests of a view: one, or for a difference the same question before and after. */
export function requestsOf(
  about: TraceSubject,
  { view, settings }: Pick<TraceState, "view" | "settings">,
): TraceRequest[] {
  const now = toRequest(about, view, settings, "edited");
  return view === "difference" ? [toRequest(about, view, settings, "base"), now] : [now];
}

/** The results of a view's requests as one; undefined where they are not all there. */
export function toShown(view: TraceView, results: readonly TraceResult[]): ShownTrace | undefined {
  const [first, second] = results;
  if (first === undefined) return undefined;
  if (view !== "difference") return { view, result: first, stored: false };
  return second && { view, pair: { before: first, after: second }, stored: false };
}
