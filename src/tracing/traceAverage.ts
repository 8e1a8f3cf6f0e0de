/**
 * Traces many facts one after the other and averages them (ROME figure 2). Facts that the model answers wrongly, or
 * whose subject cannot be found, are left out and named; averaging itself is average.ts. What is averaged so far goes
 * with the progress now and then.
 */
import type { CallContext } from "../domain/progress";
import { dispose, read } from "../gpu/tensor";
import type { TraceAverageRequest, TraceAverageResult, TracedFact, TraceRequest } from "../domain/trace";
import { AppError } from "../lib/errors";
import { createPace } from "../lib/pace";
import { forwardWithPauses, oneRow } from "../model/forward";
import type { Model } from "../model/model";
import { answerToken, bestOf } from "./answer";
import { averageOf, TOKEN_ROLES, TraceAverager } from "./average";
import { referenceDeviation, type NoiseReference } from "./noise";
import { readRequest } from "./request";
import { trace } from "./trace";

/** Faults of one fact, which leave it out; others end the whole job. */
const OF_ONE_FACT: ReadonlySet<string> = new Set([
  "subject-not-in-prompt",
  "subject-ambiguous",
  "prompt-too-long",
  "empty-prompt",
]);

const MOST_FACTS = 20_000;

/** Milliseconds between two averages so far. */
const TELL_EVERY = 700;

/**
 * @throws AppError bad-request (no fact, no kind, or none of the facts is known), cancelled, and what `trace` throws for
 * settings
 */
export async function traceAverage(
  model: Model,
  request: TraceAverageRequest,
  reference: NoiseReference,
  { signal, onProgress }: CallContext<TraceAverageResult>,
): Promise<TraceAverageResult> {
  const started = performance.now();
  const { facts, kinds, window, samples, seed } = request;
  checkRequest(request);
  const { layers } = model.config;
  const sigma = await referenceDeviation(model, reference, signal);
  const level = request.noise === "3sigma" ? 3 * sigma : request.noise;
  const settings = { window, samples, seed, noise: level, severedNoise: "published", naive: false } as const;
  const averagers = kinds.map((kind) => ({ kind, averager: new TraceAverager(layers) }));
  const skipped: TraceAverageResult["skipped"] = [];
  const [clean, corrupted]: [number[], number[]] = [[], []];
  const pace = createPace();
  const soFar = (): TraceAverageResult => ({
    facts: clean.length,
    skipped: [...skipped],
    clean: averageOf(clean),
    corrupted: averageOf(corrupted),
    total: averageOf(clean.map((p, index) => p - corrupted[index]!)),
    noise: { level, sigma, seed },
    ...{ window, samples, layers },
    roles: [...TOKEN_ROLES],
    maps: averagers.map(({ kind, averager }) => ({ kind, cells: averager.cells() })),
    milliseconds: performance.now() - started,
  });
  let toldAt = started;
  for (const [index, fact] of facts.entries()) {
    const secondsLeft = pace(index, facts.length);
    const left = secondsLeft === undefined ? {} : { secondsLeft };
    const progress = {
      note: `fact ${index + 1} of ${facts.length}`,
      done: index,
      total: facts.length,
      ...left,
    };
    const isTime = clean.length > 0 && performance.now() - toldAt > TELL_EVERY;
    if (isTime) toldAt = performance.now();
    onProgress(progress, isTime ? soFar() : undefined);
    const asked = { ...settings, ...fact };
    const reason = await reasonToSkip(model, { ...asked, kind: kinds[0]! }, signal);
    if (reason !== undefined) {
      skipped.push({ index, prompt: fact.prompt, reason });
      continue;
    }
    for (const [which, { kind, averager }] of averagers.entries()) {
      const result = await trace(model, { ...asked, kind }, sigma, { signal, onProgress: () => undefined });
      averager.add(result);
      if (which > 0) continue;
      clean.push(result.clean);
      corrupted.push(result.corrupted);
    }
  }
  if (clean.length === 0) throw noneKnown(skipped);
  return soFar();
}

function checkRequest({ facts, kinds }: TraceAverageRequest): void {
  const refuse = (message: string): AppError =>
    new AppError("bad-request", message, "Give facts and what to restore.");
  if (facts.length === 0) throw refuse("There is no fact to trace.");
  if (facts.length > MOST_FACTS) throw refuse(`At most ${MOST_FACTS} facts are averaged.`);
  if (kinds.length === 0 || new Set(kinds).size < kinds.length)
    throw refuse("Every kind of trace can be named once.");
}

/** Undefined when the fact can be traced: the subject is there and the model's best next token is the answer's. */
async function reasonToSkip(
  model: Model,
  request: TraceRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    readRequest(model, request);
  } catch (error) {
    if (error instanceof AppError && OF_ONE_FACT.has(error.code)) return error.message;
    throw error;
  }
  if (request.answer === undefined) return undefined;
  const best = await bestNext(model, request, signal);
  const answer = answerToken(model, request, best);
  return answer.id === best.id ? undefined : `The model answers “${best.text}”, not “${request.answer}”.`;
}

async function bestNext(
  model: Model,
  { prompt }: TracedFact,
  signal: AbortSignal,
): Promise<{ id: number; text: string }> {
  const tokens = oneRow(model.tokenizer.encode(prompt).ids);
  const { residual, logits } = await forwardWithPauses(model, tokens, { lastQueryOnly: true, signal });
  const values = await read(logits!);
  dispose(residual, logits);
  const [id] = bestOf(values, 1) as [number];
  return { id, text: model.tokenizer.tokenText(id) };
}

function noneKnown(skipped: TraceAverageResult["skipped"]): AppError {
  return new AppError(
    "bad-request",
    `None of the ${skipped.length} facts can be traced. The first: ${skipped[0]?.reason ?? ""}`,
    "Give facts that the model knows.",
  );
}
