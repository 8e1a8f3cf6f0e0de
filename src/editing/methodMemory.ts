/**
 * What an edit takes beside the model, by method: bytes on the device at the worst moment. How long it takes is the lab's
 * editPace.ts, and refusing is the lab's too.
 */
import type { EditMethod, Settings } from "../domain/edit";
import type { Backend } from "../domain/model";
import {
  blockBytes,
  keyValueBytes,
  logitBytes,
  probabilityBytes,
  recordedBlockBytes,
  residualBytes,
} from "../model/activationMemory";
import type { ModelConfig } from "../model/config";
import { CHUNK_POSITIONS } from "./siteValues";
import { editedMatrixBytes, estimateTargetMemory } from "./targetMemory";

/** Tokens of one request: its filled prompt, and its answer. */
export type RequestSize = { prompt: number; answer: number };

export type EditSize = {
  method: EditMethod;
  /** With the method's defaults. */
  settings: Settings;
  requests: readonly RequestSize[];
  /** Contexts that facts are put into, the bare one among them. */
  contexts: number;
  /** Tokens of text in front of a prompt in the longest. */
  contextTokens: number;
  /** Tokens of the longest text whose states should stay. */
  preservedTokens: number;
};

type Target = { config: ModelConfig; backend: Backend };

/** The trained change, its tensor in the pass, its gradient, and one product of their size. */
const TRAINED_COPIES = 4;
/** Copies that a pass's gradients hold of what one block makes, and of the logits. */
const GRADIENT_SHARE = 0.75;
const LOGITS_AT_ONCE = 7;
/** “New Fact: … Prompt: …” around an example's own words. */
const FRAME_TOKENS = 8;
/** What stands behind every matrix of a trained block makes as much again as the block itself, there and back. */
const TRAINED_BLOCK = 6.2;
/** The same where a map or two of a block have something behind them. */
const ADAPTED_BLOCK = 2;

export function estimateEditMemory(config: ModelConfig, backend: Backend, size: EditSize): number {
  const model = { config, backend };
  switch (size.method) {
    case "ROME":
    case "R-ROME":
    case "MEMIT":
    case "EMMET":
    case "PMET":
    case "AlphaEdit":
      return factsMemory(model, size);
    case "AnyEdit":
    case "UnKE":
      return longMemory(model, size);
    case "KN":
      return attributionMemory(model, size);
    case "IKE":
    case "SERAC":
      return aroundMemory(model, size);
    default:
      return trainingMemory(model, size);
  }
}

const numberOf = (settings: Settings, name: string, otherwise: number): number =>
  Number(settings[name] ?? otherwise);

/** Upper end of the edited layers, and how many there are. */
function layersOf({ settings }: EditSize, { layers }: ModelConfig): { top: number; count: number } {
  const { editLayers, layer } = settings;
  const top = Array.isArray(editLayers) ? Number(editLayers.at(-1)) : Number(layer ?? 0);
  const inRange = Number.isInteger(top) && top >= 0 && top < layers ? top : 0;
  return { top: inRange, count: Array.isArray(editLayers) ? editLayers.length : 1 };
}

const largest = (requests: readonly RequestSize[], of: (one: RequestSize) => number): number =>
  Math.max(1, ...requests.map(of));
const sumOf = (requests: readonly RequestSize[], of: (one: RequestSize) => number): number =>
  requests.reduce((sum, one) => sum + of(one), 0);

/** A vector for every request, found on all contexts at once; then the layers one after the other. */
function factsMemory({ config, backend }: Target, size: EditSize): number {
  const { requests, contexts, contextTokens } = size;
  const { top, count } = layersOf(size, config);
  const answerTokens = largest(requests, ({ answer }) => answer);
  const from = largest(requests, ({ prompt, answer }) => prompt + answer);
  const rows = contexts + 1;
  const target = { layer: top, rows, before: contextTokens, from, answerTokens };
  const edited = count * editedMatrixBytes(config);
  if (size.method !== "PMET") return estimateTargetMemory(config, backend, target) + edited;
  // A pair of vectors is found on all whole rows at once, the edited block recorded with the others.
  const all = rows * (contextTokens + from);
  const recorded = ADAPTED_BLOCK * (config.layers - top + GRADIENT_SHARE) * recordedBlockBytes(config, all);
  return residualBytes(config, 2 * all) + recorded + LOGITS_AT_ONCE * logitBytes(config, rows * answerTokens) + edited; // prettier-ignore
}

/** A vector per chunk on one row, over a prefix that is kept; then layers, or a block that is trained. */
function longMemory({ config, backend }: Target, size: EditSize): number {
  const { requests, settings, method } = size;
  const { top, count } = layersOf(size, config);
  const isCut = method === "AnyEdit" && settings["chunking"] !== "whole";
  const window = isCut && settings["chunking"] === "window" ? numberOf(settings, "window", 25) : Infinity;
  const tokens = largest(requests, ({ prompt, answer }) => prompt + answer);
  const chunk = Math.min(
    window,
    largest(requests, ({ answer }) => answer),
  );
  const above = config.layers - top;
  const kept = residualBytes(config, 2 * tokens) + above * keyValueBytes(config, tokens);
  const target = { layer: top, rows: 1, before: tokens - chunk, from: chunk, answerTokens: chunk };
  const finding = kept + estimateTargetMemory(config, backend, target);
  const all = sumOf(requests, ({ prompt, answer }) => prompt + answer);
  const trains = method === "UnKE" || settings["inner"] === "UnKE";
  if (!trains) {
    const reading = residualBytes(config, all) + blockBytes(config, all);
    return Math.max(finding, reading) + count * editedMatrixBytes(config);
  }
  const preserved = numberOf(settings, "preserveTexts", 20);
  const rows = requests.length * tokens + preserved * size.preservedTokens;
  const training =
    residualBytes(config, 3 * rows) +
    recordedBlockBytes(config, rows) * TRAINED_BLOCK +
    TRAINED_COPIES * blockParameterBytes(config);
  return Math.max(finding, training);
}

/** One block's matrices in float32. */
function blockParameterBytes(config: ModelConfig): number {
  const { residualWidth: d, mlpWidth: f, heads, keyValueHeads, headDim } = config;
  const attention = 2 * d * heads * headDim + 2 * d * keyValueHeads * headDim;
  return 4 * (attention + (config.gatedMlp ? 3 : 2) * d * f);
}

/** All points of a line from nothing to the activation, as one batch, layer by layer. */
function attributionMemory({ config, backend }: Target, { requests, settings }: EditSize): number {
  const steps = numberOf(settings, "steps", 20);
  const tokens = largest(requests, ({ prompt, answer }) => prompt + answer);
  const rows = steps * tokens;
  const { layers } = config;
  const attention = probabilityBytes(config, backend, { batch: steps, queries: tokens, keys: tokens });
  return (
    residualBytes(config, 2 * rows) +
    (layers + 2 * GRADIENT_SHARE) * recordedBlockBytes(config, rows) +
    2 * attention +
    LOGITS_AT_ONCE * logitBytes(config, steps)
  );
}

/**
 * Texts compared by the model's own states, as many as readPlaces takes together; and a pass without gradients over a
 * question with the fact and the examples that go with it in front.
 */
function aroundMemory({ config, backend }: Target, { requests, settings }: EditSize): number {
  const asked = largest(requests, ({ prompt, answer }) => prompt + answer);
  const shown = numberOf(settings, "demonstrations", 0);
  // Each example is a fact and a question, and so is the edit with what is asked.
  const tokens = Math.min(config.contextLength, (shown + 1) * (2 * asked + FRAME_TOKENS));
  const attention = probabilityBytes(config, backend, { batch: 1, queries: tokens, keys: tokens });
  const answer = largest(requests, (one) => one.answer);
  const pass = (rows: number): number => residualBytes(config, 2 * rows) + blockBytes(config, rows);
  const comparing = settings["encoder"] === "sentence" ? 0 : pass(CHUNK_POSITIONS) + attention;
  return Math.max(comparing, pass(tokens) + attention + logitBytes(config, answer));
}

/** Passes over prompt and answer with gradients to what is trained: one layer's matrix or value, or something in every block. */
function trainingMemory({ config, backend }: Target, size: EditSize): number {
  const { method, requests, settings } = size;
  const isEverywhere = method === "LoRA" || method === "MEND";
  const from = isEverywhere ? 0 : layersOf(size, config).top;
  const batch = Math.min(requests.length, Math.max(1, numberOf(settings, "batchSize", 1)));
  // WISE: one fact in all its contexts, and texts on which the copy should stay silent.
  const isSide = method === "WISE";
  const atOnce = isSide ? size.contexts + 1 + numberOf(settings, "unrelatedTexts", 1) : batch;
  const front = isSide ? size.contextTokens : 0;
  const tokens = largest(requests, ({ prompt, answer }) => front + prompt + answer);
  const answer = largest(requests, (one) => one.answer);
  const share = isEverywhere || isSide ? ADAPTED_BLOCK : 1;
  const recorded = share * (config.layers - from) * recordedBlockBytes(config, atOnce * tokens);
  const attention = probabilityBytes(config, backend, { batch: 1, queries: tokens, keys: tokens });
  return (
    residualBytes(config, requests.length * tokens) +
    recorded +
    GRADIENT_SHARE * recordedBlockBytes(config, atOnce * tokens) +
    2 * attention +
    LOGITS_AT_ONCE * logitBytes(config, atOnce * answer) +
    trainedBytes(config, size)
  );
}

function trainedBytes(config: ModelConfig, { method, settings }: EditSize): number {
  const { layers, residualWidth: d, mlpWidth: f } = config;
  if (method === "GRACE") return TRAINED_COPIES * 4 * f;
  if (method !== "LoRA") return TRAINED_COPIES * editedMatrixBytes(config);
  const perBlock = settings["modules"] === "mlp" ? 2 * (d + f) : 4 * d;
  return TRAINED_COPIES * 4 * layers * perBlock * numberOf(settings, "rank", 8);
}
