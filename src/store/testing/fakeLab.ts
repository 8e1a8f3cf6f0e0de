/** A lab for the stores' tests: answers at once, remembers what it was asked. Tests replace single operations. */
import type { DamageReport } from "../../domain/damage";
import type { EditResult, EditSummary, StackState } from "../../domain/edit";
import type { GenerateRequest } from "../../domain/generation";
import type { LoadedModel, Token } from "../../domain/model";
import type { MethodDescription } from "../../domain/methods";
import type { KeptModel, KeptModels, ModelInspection } from "../../domain/modelInspection";
import type { SelfTestResult } from "../../domain/selfTest";
import type { TraceRequest, TraceResult } from "../../domain/trace";
import type { Lab } from "../../workers/client";

export const MODEL: LoadedModel = {
  ref: "embedded:tiny",
  family: "gpt2",
  parameters: 1000,
  layers: 2,
  bytes: 4000,
  licence: "MIT",
  hash: "base",
  residualWidth: 4,
  mlpWidth: 16,
  heads: 1,
  vocabulary: 10,
  contextLength: 32,
  hasChatTemplate: false,
  backend: "wasm",
  precision: "float32",
  isExact: true,
  memory: { precision: "float32", weights: 4000, held: 5000, loading: 1000 },
  heldBytes: 5000,
  defaultEditLayer: 1,
  editDefaults: {
    layer: 1,
    steps: 20,
    learningRate: 0.5,
    weightDecay: 0.01,
    klFactor: 0.06,
    clampNormFactor: 4,
    earlyStopLoss: 0.05,
    useSecondMoment: true,
    factToken: "subject_last",
    key: "published",
    lossLayer: 1,
  },
  notices: [],
};

export const SELF_TEST: SelfTestResult = {
  backend: "wasm",
  adapter: "WebAssembly, one thread, SIMD",
  limits: { addressSpace: 2 ** 32 },
  float64: "plain loops: WebAssembly may not compile",
  checks: [
    { name: "linear", error: 1e-7, bound: 1e-5, passed: true },
    { name: "softmax", error: 2e-4, bound: 1e-5, passed: false },
  ],
  passed: false,
  milliseconds: 12.4,
};

const STORAGE = { isAvailable: true, used: 4e6, quota: 1e9 };

export const INSPECTION: ModelInspection = {
  source: { kind: "hub", repository: "a/b", revision: "main" },
  ref: "hf:a/b@0123",
  format: "safetensors",
  weightFiles: 1,
  precision: "BF16",
  parameters: undefined,
  bytes: 4000,
  licence: "mit",
  shape: { family: "llama", layers: 2, residualWidth: 4, contextLength: 32, vocabulary: 10 },
  refusal: undefined,
  memory: {
    backend: "wasm",
    limit: { bytes: 2 ** 32, isHard: true },
    chosen: { precision: "float32", weights: 8000, held: 9000, loading: 1000 },
    refusal: undefined,
    notice: undefined,
    estimates: [{ precision: "float32", weights: 8000, held: 9000, loading: 1000 }],
  },
  isKept: false,
  storage: STORAGE,
  notice: undefined,
};

export const KEPT: KeptModel = {
  ref: "hf:a/b@0123",
  revision: "main",
  bytes: 4000,
  licence: "mit",
  created: "2026-11-01T10:00:00Z",
};

const keptOf = (models: KeptModel[]): KeptModels => ({
  models,
  bytes: models.reduce((sum, { bytes }) => sum + bytes, 0),
  storage: STORAGE,
});

/** One token per word, each with the space before it. */
export function wordsOf(text: string): Token[] {
  return [...text.matchAll(/\s*\S+/gu)].map((match, id) => {
    const start = match.index;
    return { id, text: match[0], start, end: start + match[0].length };
  });
}

export const EDIT: EditSummary = {
  id: "e1",
  name: "Peru → Oslo",
  method: "ROME",
  settings: { layer: 1 },
  requests: [],
  updates: [],
  losses: [],
  base: { modelHash: "base", below: 0 },
  seed: 1,
  statisticsHash: "",
  contexts: [],
  created: "",
  enabled: true,
  onOtherBase: false,
};

export function stackOf(enabled: readonly boolean[]): StackState {
  const edits = enabled.map((isOn, index) => ({ ...EDIT, id: `e${index + 1}`, enabled: isOn }));
  const count = enabled.filter(Boolean).length;
  const line = count === 0 ? "base model" : `base + ${count} edits`;
  return { edits, weightHash: count === 0 ? "base" : `edited ${enabled.join()}`, line };
}

export function traceResult(request: TraceRequest, score = 0.5): TraceResult {
  const tokens = wordsOf(request.prompt);
  const span = typeof request.subject === "string" ? { start: 0, end: 0 } : request.subject;
  const inside = tokens.flatMap((token, index) =>
    token.end > span.start && token.start < span.end ? [index] : [],
  );
  const scores = tokens.map(() => [0.1, score]);
  return {
    prompt: request.prompt,
    tokens,
    subject: { start: inside[0] ?? 0, end: (inside.at(-1) ?? 0) + 1, text: "" },
    answer: { id: 1, text: request.answer ?? " Lima" },
    clean: 0.9,
    corrupted: 0.1,
    corruptedSamples: [0.1],
    noise: { level: 1, sigma: 1, seed: request.seed },
    kind: request.kind,
    window: request.window,
    scores,
    spread: scores,
    peak: { token: 0, layer: 1, score },
    next: [],
    warnings: [],
    milliseconds: 1,
  };
}

export const EDIT_RESULT: EditResult = {
  method: "ROME",
  settings: MODEL.editDefaults,
  requests: [],
  updates: [],
  probes: [],
  generations: [],
  warnings: [],
  predictedInterference: [],
  stack: stackOf([true]),
  editId: "e1",
  milliseconds: 1,
};

/** ROME and one method for long answers, with a setting of each kind. */
export const METHOD_LIST: MethodDescription[] = [
  {
    name: "ROME",
    family: "locate",
    summary: "Writes one fact at a time into one layer.",
    changes: "one matrix",
    batch: false,
    longTargets: false,
    settings: [
      { name: "layer", published: [], kind: "integer", min: 0, max: 1, meaning: "edited layer" },
      { name: "steps", published: [], kind: "integer", min: 1, max: 1000, meaning: "passes" },
      { name: "useSecondMoment", published: [], kind: "boolean", meaning: "turn the key" },
    ],
    defaults: { layer: 1, steps: 20, useSecondMoment: true },
  },
  {
    name: "AnyEdit",
    family: "locate",
    summary: "Writes long answers.",
    changes: "a few matrices",
    batch: true,
    longTargets: true,
    settings: [
      { name: "editLayers", published: [], kind: "layers", max: 1, meaning: "edited layers" },
      {
        name: "chunking",
        published: [],
        kind: "choice",
        choices: ["window", "whole"],
        meaning: "how it is cut",
      },
      { name: "window", published: [], kind: "integer", min: 1, max: 500, meaning: "tokens of a chunk" },
    ],
    defaults: { editLayers: [0, 1], chunking: "window", window: 4 },
  },
];

export const DAMAGE: DamageReport = {
  level: "worn",
  measures: [
    { kind: "facts", value: 0.9, base: 1, now: 0.9, amber: 0.95, red: 0.75, level: "worn", count: 24 },
    { kind: "drift", value: 0.02, base: null, now: null, amber: 0.1, red: 0.5, level: "sound", count: 24 },
  ],
  edits: 1,
  weightHash: "edited",
  milliseconds: 1,
};

export type FakeLab = Lab & { calls: { method: string; request: unknown }[] };

/** `overrides` replace single operations; every call is written down before it is answered. */
export function createFakeLab(overrides: Partial<Lab> = {}): FakeLab {
  let stack = stackOf([]);
  let kept = [KEPT];
  let aside = 0;
  const calls: FakeLab["calls"] = [];
  const lab: Lab = {
    listModels: () => Promise.resolve([MODEL]),
    inspectModel: ({ source }) => Promise.resolve({ ...INSPECTION, source }),
    keptModels: () => Promise.resolve(keptOf(kept)),
    removeKeptModel: ({ ref }) => {
      kept = kept.filter((model) => model.ref !== ref);
      return Promise.resolve(keptOf(kept));
    },
    load: () => Promise.resolve(MODEL),
    checkEngine: () => Promise.resolve(),
    tokenize: ({ prompt }) => Promise.resolve({ tokens: wordsOf(prompt) }),
    generate: (request: GenerateRequest) => {
      const isEdited = request.weights !== "base" && stack.weightHash !== "base";
      const next = [{ id: 1, text: isEdited ? " Oslo" : " Lima", logprob: Math.log(0.9) }];
      const completion = { ids: [1], text: isEdited ? " Oslo." : " Lima." };
      return Promise.resolve({ prompt: request.prompt, tokens: [], next, completion, tokensPerSecond: 1 });
    },
    score: () => Promise.reject(new Error("not asked for in these tests")),
    trace: (request) => Promise.resolve(traceResult(request, request.weights === "base" ? 0.5 : 0.2)),
    traceCell: () => Promise.resolve({ top: [{ id: 1, text: " Lima", p: 0.5 }] }),
    traceAverage: () => Promise.reject(new Error("not asked for in these tests")),
    statistics: () => Promise.resolve({ layers: [], textHash: "", milliseconds: 1 }),
    keySpectra: () => Promise.resolve({ threshold: 0.02, layers: [] }),
    superposition: () => Promise.reject(new Error("not asked for in these tests")),
    previewInterference: () => Promise.reject(new Error("not asked for in these tests")),
    checkInterference: () => Promise.reject(new Error("not asked for in these tests")),
    knownFacts: () => Promise.resolve({ facts: [] }),
    constructedMemory: () => Promise.reject(new Error("not asked for in these tests")),
    damage: () => Promise.resolve(DAMAGE),
    useFirstEdits: ({ count }) => {
      stack = stackOf(stack.edits.map((_edit, at) => at < count));
      return Promise.resolve(stack);
    },
    keepFirstEdits: ({ count }) => {
      stack = stackOf(stack.edits.slice(0, count).map(() => true));
      return Promise.resolve(stack);
    },
    evaluateCase: () => Promise.reject(new Error("not asked for in these tests")),
    continueLifelong: () => Promise.reject(new Error("not asked for in these tests")),
    methods: () => Promise.resolve(METHOD_LIST),
    cutTarget: ({ request }) => {
      const tokens = wordsOf(request.targetNew).map(({ text }) => ({ text, p: 0.1, best: false }));
      const cuts = request.cuts ?? [];
      const chunks = [0, ...cuts].map((start, at) => ({ start, end: cuts[at] ?? tokens.length, overlap: 0 }));
      return Promise.resolve({ questionTokens: 5, contextLength: 32, tokens, chunks });
    },
    duel: () => Promise.reject(new Error("not asked for in these tests")),
    layerSweep: () => Promise.reject(new Error("not asked for in these tests")),
    edit: () => {
      stack = stackOf([true]);
      return Promise.resolve({ ...EDIT_RESULT, stack });
    },
    stack: () => Promise.resolve(stack),
    setEditEnabled: ({ enabled }) => Promise.resolve((stack = stackOf([enabled]))),
    removeEdit: () => Promise.resolve((stack = stackOf([]))),
    renameEdit: () => Promise.resolve(stack),
    moveEdit: () => Promise.resolve(stack),
    recomputeEdit: () => Promise.resolve({ ...EDIT_RESULT, stack }),
    saveEdits: () => Promise.resolve({ bytes: new Uint8Array(8) }),
    openEdits: () => Promise.resolve((stack = stackOf([true]))),
    editsAside: () => Promise.resolve({ sets: aside }),
    setEditsAside: () => Promise.resolve({ sets: (aside += 1) }),
    putEditsBack: () => {
      aside -= 1;
      return Promise.resolve((stack = stackOf([true])));
    },
    embedSentences: () => Promise.reject(new Error("not asked for in these tests")),
    exportEdits: () => Promise.reject(new Error("not asked for in these tests")),
    selfTest: () => Promise.resolve(SELF_TEST),
    forecast: () => Promise.resolve({ job: 100, held: 6000, limit: { bytes: 2 ** 32, isHard: true } }),
    memory: () => Promise.resolve({ tensors: 1, bytes: 6000, backend: "wasm" as const }),
    ...overrides,
  };
  const watched = new Proxy(lab, {
    get: (target, method) => {
      const operation = target[method as keyof Lab] as (request: unknown, context?: unknown) => unknown;
      return (request: unknown, context?: unknown) => {
        calls.push({ method: String(method), request });
        return operation(request, context);
      };
    },
  });
  return new Proxy(watched as FakeLab, {
    get: (target, name) => (name === "calls" ? calls : target[name as keyof Lab]),
  });
}
