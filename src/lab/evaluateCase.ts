/** One case of a benchmark: asked, edited, asked again, taken back. The stack is as it was, whatever happens. */
import {
  LONG_BENCHMARKS,
  type BenchmarkCase,
  type CaseMeasures,
  type CaseRequest,
  type CaseResult,
} from "../domain/benchmark";
import type { EditPartial, Settings } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import { readCallSettings } from "../editing/computeEdit";
import { measureFluency } from "../evaluation/benchmarks/fluency";
import { measureLong } from "../evaluation/benchmarks/longCase";
import { askShort, measureShort, type ShortSide } from "../evaluation/benchmarks/shortCase";
import { computeInTurn } from "./edit";
import { gatherInputs } from "./editInputs";
import { loadedModel, type LoadedState, type Session } from "./session";

/**
 * @throws AppError bad-request, prompt-too-long, bad-statistics, singular-matrix, not-finite, cancelled
 */
export async function evaluateCase(
  session: Session,
  { benchmark, case: one, fluencyTokens, ...call }: CaseRequest,
  context: CallContext<never>,
): Promise<CaseResult> {
  const started = performance.now();
  const state = loadedModel(session);
  const requests = [one.request];
  const { settings } = readCallSettings(call, state.model);
  const inner: CallContext<EditPartial> = { signal: context.signal, onProgress: (progress) => context.onProgress(progress) }; // prettier-ignore
  const inputs = await gatherInputs(session, { ...call, requests }, settings, inner);
  const sides = LONG_BENCHMARKS.includes(benchmark)
    ? longSides(state, one, settings, context)
    : shortSides(state, one, fluencyTokens, call.seed, context);
  const before = await sides.before();
  const earlier = state.stack.edits;
  try {
    await computeInTurn(state, { ...call, requests }, inputs, inner);
    const { measures, texts } = await sides.after();
    return { before, after: measures, texts, milliseconds: performance.now() - started };
  } finally {
    await state.stack.goBackTo(earlier);
  }
}

type After = { measures: CaseMeasures; texts: CaseResult["texts"] };
type Sides = { before(): Promise<CaseMeasures>; after(): Promise<After> };

function longSides(
  { model }: LoadedState,
  one: BenchmarkCase,
  settings: Settings,
  { signal }: CallContext<never>,
): Sides {
  const options = { chat: settings["chat"] === true, endOfText: settings["endOfText"] === true };
  const measure = () => measureLong(model, one, options, signal);
  return { before: async () => (await measure()).measures, after: measure };
}

function shortSides(
  { model }: LoadedState,
  one: BenchmarkCase,
  tokens: number,
  seed: number,
  { signal }: CallContext<never>,
): Sides {
  let first: ShortSide | undefined;
  const { prompt, subject } = one.request;
  const beginnings = one.generate.length > 0 ? one.generate : [prompt.replace("{}", () => subject)];
  const measure = async (): Promise<CaseMeasures> => {
    const side = await askShort(model, one, signal);
    first ??= side;
    const measures = measureShort(one, side, first);
    if (tokens === 0) return measures;
    return { ...measures, fluency: await measureFluency(model, beginnings, tokens, { seed, signal }) };
  };
  return { before: measure, after: async () => ({ measures: await measure(), texts: [] }) };
}
