/** The next edits of a long sequence, and everything measured after them. The stack holds every one, so any point can be gone back to. */
import type { EditPartial } from "../domain/edit";
import type { LayerInterference, LifelongPoint, LifelongRequest } from "../domain/lifelong";
import type { CallContext, Progress } from "../domain/progress";
import type { LayerCheck } from "../domain/superposition";
import { readCallSettings } from "../editing/computeEdit";
import type { LocatedText } from "../editing/factToken";
import { scoreLifelong } from "../evaluation/lifelongScores";
import { retentionStep } from "../evaluation/retentionStep";
import { AppError } from "../lib/errors";
import { compareInterference } from "../superposition/compareInterference";
import { locateFacts, templateOf } from "../superposition/locateFacts";
import { computeInTurn } from "./edit";
import { gatherInputs } from "./editInputs";
import { keepStack } from "./journal";
import { heldPerplexity } from "./heldPerplexity";
import { loadedModel, type LoadedState, type Session } from "./session";
import { weightNorms } from "./weightNorms";

/**
 * Makes requests `done` … `done + every` − 1 on the weights in use, one edit each or `batch` together, and measures.
 * A failed or cancelled call leaves the stack as it was.
 * @throws AppError bad-request, bad-statistics, singular-matrix, not-finite, storage, cancelled
 */
export async function continueLifelong(
  session: Session,
  request: LifelongRequest,
  context: CallContext<never>,
): Promise<LifelongPoint> {
  const started = performance.now();
  check(request);
  const state = loadedModel(session);
  const untouched = locateUntouched(state, request);
  const before = state.stack.edits;
  try {
    const warnings = await makeNext(session, state, request, context);
    context.onProgress(measuring(request));
    const point = await measure(session, state, request, untouched, context.signal);
    if (request.every > 0) await keepStack(session);
    const said = warnings.size > 0 ? { warnings: [...warnings] } : {};
    return { ...point, ...said, milliseconds: performance.now() - started };
  } catch (error) {
    await state.stack.goBackTo(before);
    throw error;
  }
}

function check({ done, every, batch = 1, requests, untouched }: LifelongRequest): void {
  const whole = [done, every, batch].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || batch === 0 || done > requests.length) {
    throw new AppError(
      "bad-request",
      `A sequence of ${requests.length} requests cannot go on after ${done} by ${every}, ${batch} at once.`,
      "Count in whole numbers.",
    );
  }
  const nameless = untouched.findIndex(({ target }) => target === undefined);
  if (nameless < 0) return;
  throw new AppError(
    "bad-request",
    `Untouched fact ${nameless + 1} has no answer that could be kept.`,
    "Give every one a target.",
    { field: "untouched" },
  );
}

/** A fact without a place for its key would be missing from some of the numbers. */
function locateUntouched({ model }: LoadedState, { untouched }: LifelongRequest): LocatedText[] {
  const { texts, skipped } = locateFacts(model, untouched);
  const [first] = skipped;
  if (first === undefined) return texts;
  throw new AppError(
    "bad-request",
    `Untouched fact ${first.index + 1} (“${first.subject.slice(0, 60)}”): ${first.message}`,
    "Correct it, or leave it out.",
    { field: "untouched" },
  );
}

function measuring({ done, every, requests }: LifelongRequest): Progress {
  const made = Math.min(every, requests.length - done);
  const note =
    done + made === 0 ? "Measuring the model before the first edit" : `Measuring after ${done + made} edits`;
  return { note, done: made, total: made };
}

/** What the edits warned of. */
async function makeNext(
  session: Session,
  state: LoadedState,
  { done, every, batch = 1, untouched: _, ...call }: LifelongRequest,
  { signal, onProgress }: CallContext<never>,
): Promise<Set<string>> {
  const said = new Set<string>();
  const end = Math.min(done + every, call.requests.length);
  if (end === done) return said;
  const { settings } = readCallSettings(call, state.model);
  for (let first = done; first < end; first += batch) {
    const requests = call.requests.slice(first, Math.min(first + batch, end));
    const progress = {
      note: `Edit ${first + 1} of ${call.requests.length}`,
      done: first - done,
      total: end - done,
    };
    const inner: CallContext<EditPartial> = { signal, onProgress: () => onProgress(progress) };
    onProgress(progress);
    const inputs = await gatherInputs(session, { ...call, requests }, settings, inner);
    const { warnings } = await computeInTurn(state, { ...call, requests }, inputs, inner);
    for (const warning of warnings) said.add(warning);
  }
  return said;
}

async function measure(
  session: Session,
  state: LoadedState,
  { done, every, requests, untouched }: LifelongRequest,
  untouchedTexts: readonly LocatedText[],
  signal: AbortSignal,
): Promise<Omit<LifelongPoint, "milliseconds">> {
  const edits = Math.min(done + every, requests.length);
  const soFar = requests.slice(0, edits);
  const questions = untouched.flatMap((fact) => {
    const template = templateOf(fact);
    if ("fault" in template) return [];
    return [{ prompt: template.prompt.replace("{}", () => fact.subject), answer: fact.target! }];
  });
  const scores = await scoreLifelong(state.model, soFar, questions, retentionStep(edits, every), signal);
  return {
    edits,
    ...scores,
    perplexity: await heldPerplexity(session, state, signal),
    norms: await weightNorms(state),
    interference: {
      untouched: await interferenceOn(state, untouchedTexts, signal),
      edited: await interferenceOn(state, locateFacts(state.model, soFar).texts, signal),
    },
    stackEdits: state.stack.edits.length,
    weightHash: state.stack.state.weightHash,
  };
}

/** All enabled edits together: the closed form's sum over them at the base model's keys, and what the engine gives. */
async function interferenceOn(
  { model, stack }: LoadedState,
  texts: readonly LocatedText[],
  signal: AbortSignal,
): Promise<LayerInterference[]> {
  const updates = stack.edits.filter(({ enabled }) => enabled).flatMap((edit) => edit.updates);
  const checks = await compareInterference({
    model,
    updates,
    texts,
    below: (body) => model.weights.onBase(body),
    edited: (body) => body(),
    signal,
  });
  return checks.map(summarise);
}

function summarise({ layer, facts, relativeError }: LayerCheck): LayerInterference {
  const mean = (of: "predicted" | "measured"): number =>
    facts.reduce((sum, fact) => sum + fact[of], 0) / facts.length;
  return { layer, predicted: mean("predicted"), measured: mean("measured"), relativeError };
}
