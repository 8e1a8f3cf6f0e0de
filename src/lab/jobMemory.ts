/**
 * What each job of the lab will take beside the model, before it is begun, and the refusal of what cannot fit. The sums
 * themselves are beside the jobs' code; here requests become sizes.
 */
import type { EditCall } from "../domain/edit";
import type { GenerateRequest } from "../domain/generation";
import type { StatisticsRequest } from "../domain/statistics";
import type { TraceAverageRequest, TraceRequest } from "../domain/trace";
import type { DuelRequest } from "../domain/trials";
import { readCallSettings } from "../editing/computeEdit";
import { contextSize } from "../editing/contexts";
import { estimateEditMemory } from "../editing/methodMemory";
import { methodNamed } from "../editing/methods/methods";
import { estimateStatisticsMemory } from "../editing/statisticsMemory";
import { memory } from "../gpu/tensor";
import { sizeText } from "../lib/bytes";
import { AppError } from "../lib/errors";
import { estimateGenerationMemory } from "../model/generationMemory";
import { findSubject, tokensOfSpan } from "../tracing/subject";
import { estimateTraceMemory } from "../tracing/traceMemory";
import { memoryLimit } from "./memoryLimit";
import type { LoadedState } from "./session";

/** Bytes on the device, and what the user can do when they are not to be had. */
export type JobMemory = { bytes: number; remedy: string };

/** Where texts to be left alone are cut (trainBlock.ts). */
const MOST_PRESERVED_TOKENS = 128;
/** Where the text is the lab's own, its documents are no longer than this. */
const DOCUMENT_TOKENS = 256;

const tokensOf = ({ model }: LoadedState, text: string): number => model.tokenizer.encode(text).ids.length;

export function generationMemory(state: LoadedState, request: GenerateRequest): JobMemory {
  const size = { batch: 1, promptTokens: tokensOf(state, request.prompt), newTokens: request.maxTokens };
  return {
    bytes: estimateGenerationMemory(state.model.config, state.info.backend, size),
    remedy: "Shorten the prompt, or ask for fewer tokens.",
  };
}

/** @throws AppError subject-not-in-prompt, subject-ambiguous */
export function traceMemory(state: LoadedState, request: TraceRequest): JobMemory {
  const { tokens } = state.model.tokenizer.encode(request.prompt);
  const subject = tokensOfSpan(tokens, findSubject(request.prompt, request.subject));
  const perSample = (subject.end - subject.start) * state.model.config.residualWidth;
  const size = {
    samples: request.noiseValues ? Math.ceil(request.noiseValues.length / perSample) : request.samples,
    tokens: tokens.length,
    firstToken: subject.start,
    keepsOutputs: request.kind !== "state" || request.sever !== undefined,
    hasSecondRun: request.sever !== undefined && request.severedNoise === "published",
  };
  return {
    bytes: estimateTraceMemory(state.model.config, state.info.backend, size),
    remedy: "Take fewer noise samples, or a shorter prompt.",
  };
}

/** Of the longest fact: they are traced one after the other. */
export function traceAverageMemory(state: LoadedState, request: TraceAverageRequest): JobMemory {
  const tokens = Math.max(1, ...request.facts.map(({ prompt }) => tokensOf(state, prompt)));
  const size = { samples: request.samples, tokens, firstToken: 0, keepsOutputs: true, hasSecondRun: false };
  return {
    bytes: estimateTraceMemory(state.model.config, state.info.backend, size),
    remedy: "Take fewer noise samples, or shorter prompts.",
  };
}

export function statisticsMemory(state: LoadedState, request: StatisticsRequest): JobMemory {
  const longestText = request.texts
    ? Math.max(1, ...request.texts.map((text) => tokensOf(state, text)))
    : DOCUMENT_TOKENS;
  const size = { layers: request.layers.length, longestText };
  return {
    bytes: estimateStatisticsMemory(state.model.config, state.info.backend, size).device,
    remedy: "Collect fewer layers at once, or shorter texts.",
  };
}

/** By method (methodMemory.ts). @throws AppError bad-request for settings the method does not take */
export function editMemory(state: LoadedState, call: EditCall): JobMemory {
  const { model, info } = state;
  const { settings } = readCallSettings({ ...call, settings: call.settings ?? {} }, model);
  const sampled = contextSize(methodNamed(call.method).contexts);
  const isBare = sampled.templates === 1 || call.contexts?.length === 1;
  const bytes = estimateEditMemory(model.config, info.backend, {
    method: call.method,
    settings,
    requests: call.requests.map((request) => ({
      prompt: tokensOf(
        state,
        request.prompt.replace("{}", () => request.subject),
      ),
      answer: Math.max(1, tokensOf(state, request.targetNew)),
    })),
    contexts: isBare ? 1 : (call.contexts?.length ?? sampled.templates),
    contextTokens: isBare ? 0 : sampled.tokens,
    preservedTokens: MOST_PRESERVED_TOKENS,
  });
  return {
    bytes,
    remedy: "Take fewer contexts, or a shorter prompt; or load the model in fewer bits.",
  };
}

/** Methods take their turn: the largest of them. What a method refuses is told in its own place, and takes nothing. */
export function duelMemory(state: LoadedState, { entries, requests, seed }: DuelRequest): JobMemory {
  const needs = entries.flatMap(({ method, settings }) => {
    try {
      return [editMemory(state, { method, settings, requests, seed })];
    } catch (error) {
      if (error instanceof AppError) return [];
      throw error;
    }
  });
  const most = needs.toSorted((a, b) => b.bytes - a.bytes)[0];
  return most ?? { bytes: 0, remedy: "" };
}

/**
 * Refuses a job that does not fit beside the model. Where the limit is an estimate and the model alone is beyond it, the
 * user has insisted on this model and knows better.
 * @throws AppError out-of-memory (details: needed, used, limit)
 */
export function assertRoom({ info }: LoadedState, { bytes, remedy }: JobMemory): void {
  const { bytes: limit, isHard } = memoryLimit(info.backend);
  const used = memory().bytes;
  if (used + bytes <= limit || (!isHard && used > limit)) return;
  const message = `This takes about ${sizeText(bytes)} beside the ${sizeText(used)} in use, and there are ${sizeText(limit)} in all.`;
  throw new AppError("out-of-memory", message, remedy, { needed: bytes, used, limit });
}
