/** Checks a trace request and settles what needs only the tokenizer and the embeddings: tokens, subject, noise. */
import type { Token } from "../domain/model";
import type { TraceRequest } from "../domain/trace";
import { AppError } from "../lib/errors";
import { legacyRandom } from "../lib/random/legacyRandom";
import type { Model } from "../model/model";
import { drawNoise, referenceDeviation, type NoiseReference } from "./noise";
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

/**
 * The level, and the normals in the published code's order: one generator, the scored pass after the recorded one. Noise
 * from the caller is taken as it is, and its length says how many samples there are.
 */
export async function drawTraceNoise(
  model: Model,
  request: TraceRequest,
  { subject }: TracedPrompt,
  reference: NoiseReference,
  signal?: AbortSignal,
): Promise<TraceNoise> {
  const perSample = (subject.end - subject.start) * model.config.residualWidth;
  const count = request.samples * perSample;
  const drawsAgain = request.sever !== undefined && request.severedNoise === "published";
  const sigma = await referenceDeviation(model, reference, signal);
  if (request.noiseValues) {
    const level = levelOf(request.noiseValues, perSample);
    return { level, sigma, ...givenNoise(request.noiseValues, drawsAgain ? count : undefined) };
  }
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
  return { level, sigma, first, scored: drawsAgain ? drawNoise(random, count, level) : first };
}

/** Root mean square of given noise, after a look at its length. */
function levelOf(values: Float32Array, perSample: number): number {
  const samples = values.length / perSample;
  if (!Number.isInteger(samples) || samples < 1 || samples > 2 * MAX_SAMPLES) {
    const message = `The noise has ${values.length} values; every sample of this subject needs ${perSample} (tokens × width).`;
    throw new AppError("bad-request", message, "", { values: values.length, perSample });
  }
  return Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
}

/** For one pass; or, when it has twice `onePass`, for the recorded and the scored pass one after the other. */
function givenNoise(values: Float32Array, onePass: number | undefined): Pick<TraceNoise, "first" | "scored"> {
  if (values.length !== 2 * (onePass ?? NaN)) return { first: values, scored: values };
  return { first: values.subarray(0, onePass), scored: values.subarray(onePass) };
}
