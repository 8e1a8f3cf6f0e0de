/** Checks a trace request and settles what needs only the tokenizer and the embeddings: tokens, subject, noise. */
import type { Token } from "../domain/model";
import type { TraceRequest } from "../domain/trace";
import { AppError } from "../lib/errors";
import { legacyRandom } from "../lib/random/legacyRandom";
import type { Model } from "../model/model";
import { drawNoise, embeddingDeviation } from "./noise";
import { findSubject, tokensOfSpan, type TokenRange } from "./subject";

/** A trace's input in tokens. */
export type TracedPrompt = { ids: Int32Array; tokens: Token[]; subject: TokenRange & { text: string } };

/**
 * `first` corrupts the plain run (and what a severed trace records), `scored` the runs with something restored. They
 * differ only when a path is severed with the published noise (algorithms.md 1.4).
 */
export type TraceNoise = {
  level: number;
  sigma: number;
  first: Float64Array | Float32Array;
  scored: Float64Array | Float32Array;
};

const MAX_SAMPLES = 1000;

/**
 * Tokenises the prompt whole and finds the subject in it.
 * @throws AppError empty-prompt, prompt-too-long, subject-not-in-prompt, subject-ambiguous, bad-request
 */
export function readRequest({ tokenizer, config }: Model, request: TraceRequest): TracedPrompt {
  const { prompt, samples, window, seed } = request;
  if (prompt === "") throw new AppError("empty-prompt", "There is no prompt to trace.", "Write one.");
  expectInteger("samples", samples, 1, MAX_SAMPLES);
  expectInteger("window", window, 1, Number.MAX_SAFE_INTEGER);
  expectInteger("seed", seed, 0, 2 ** 32 - 1);
  if (request.sever !== undefined && request.kind !== "state") {
    const message = "A severed path goes with restored states, not with restored MLP or attention outputs.";
    throw new AppError("bad-request", message, "Set the kind to “state”.", { kind: request.kind });
  }
  const span = findSubject(prompt, request.subject);
  const { ids, tokens } = tokenizer.encode(prompt);
  if (ids.length > config.contextLength) {
    const message = `The prompt has ${ids.length} tokens; this model reads at most ${config.contextLength}.`;
    throw new AppError("prompt-too-long", message, "Shorten the prompt.", { positions: ids.length });
  }
  return { ids, tokens, subject: { ...tokensOfSpan(tokens, span), text: span.text } };
}

function expectInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const message = `${name} must be a whole number from ${least} to ${most}, not ${value}.`;
  throw new AppError("bad-request", message, "", { [name]: value });
}

/** The level, and the normals in the published code's order: one generator, the scored pass after the recorded one. */
export async function drawTraceNoise(
  model: Model,
  request: TraceRequest,
  { subject }: TracedPrompt,
  subjects: readonly string[],
): Promise<TraceNoise> {
  const count = request.samples * (subject.end - subject.start) * model.config.residualWidth;
  const sigma = subjects.length > 0 ? await embeddingDeviation(model, subjects) : 0;
  if (request.noiseValues) return givenNoise(request.noiseValues, count, sigma);
  const level = request.noise === "3sigma" ? 3 * sigma : request.noise;
  if (!Number.isFinite(level) || level < 0 || (request.noise === "3sigma" && sigma === 0)) {
    throw new AppError(
      "bad-request",
      `The noise level ${level} is not a positive number.`,
      "Give one, as 0.1.",
    );
  }
  const random = legacyRandom(request.seed);
  const first = drawNoise(random, count, level);
  const drawsAgain = request.sever !== undefined && request.severedNoise === "published";
  return { level, sigma, first, scored: drawsAgain ? drawNoise(random, count, level) : first };
}

/** Noise from the caller: for one pass, or for the recorded and the scored pass one after the other. */
function givenNoise(values: Float32Array, count: number, sigma: number): TraceNoise {
  if (values.length !== count && values.length !== 2 * count) {
    const message = `The noise has ${values.length} values; this subject needs ${count} (samples × tokens × width).`;
    throw new AppError("bad-request", message, "", { values: values.length, count });
  }
  const squares = values.reduce((total, value) => total + value * value, 0);
  const level = Math.sqrt(squares / values.length);
  return { level, sigma, first: values.subarray(0, count), scored: values.subarray(values.length - count) };
}
