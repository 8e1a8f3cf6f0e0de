/** The lab: every operation of LabApi over one session. */
import type { Handler, LabApi } from "../domain/labApi";
import { memory } from "../gpu/tensor";
import { selfTest } from "../gpu/selfTest";
import { float64Engine } from "../linalg/wasm/kernels";
import { measureDamage } from "./damage";
import { cutTarget } from "./cutTarget";
import { duelMethods } from "./duel";
import { editFacts } from "./edit";
import { editsAside, putEditsBack, setEditsAside } from "./editsAside";
import { recomputeEdit } from "./recomputeEdit";
import type { LabEnvironment } from "./environment";
import { embedSentences } from "./embedSentences";
import { exportStack } from "./export";
import { evaluateCase } from "./evaluateCase";
import { forecast } from "./forecast";
import { inspectModel } from "./inspectModel";
import {
  assertRoom,
  duelMemory,
  editMemory,
  generationMemory,
  statisticsMemory,
  traceAverageMemory,
  traceMemory,
  type JobMemory,
} from "./jobMemory";
import { keptModels, removeKeptModel } from "./keptModels";
import { keySpectra } from "./keySpectra";
import { knownFacts } from "./knownFacts";
import { checkInterference, findPreview } from "./interference";
import { generateText, scoreTarget, tokenizePrompt } from "./language";
import { continueLifelong } from "./lifelong";
import { describeMethods } from "./methods";
import { sweepLayers } from "./layerSweep";
import { load } from "./load";
import { checkEngine } from "./checkEngine";
import { constructedMemory } from "../superposition/constructedMemory";
import { startEngine } from "./engine";
import { describe, loadedModel, type LoadedState, type Session } from "./session";
import {
  keepFirstEdits,
  moveEdit,
  openEdits,
  removeEdit,
  renameEdit,
  saveEdits,
  setEditEnabled,
  stackState,
  useFirstEdits,
} from "./stack";
import { computeStatistics } from "./statistics";
import { findSuperposition } from "./superposition";
import { averageTraces, traceCell, traceFact } from "./trace";

/** A lab with nothing loaded. Operations must not overlap: the tensor engine has one tape (workers/serve.ts queues). */
export function createLab(environment: LabEnvironment): LabApi {
  const session: Session = { environment, engine: undefined, isTested: false, loaded: undefined };
  const job = roomFor(session);
  return {
    listModels: (_request, { signal }) => environment.listEmbedded(signal),
    inspectModel: (request, context) => inspectModel(session, request, context),
    keptModels: () => keptModels(environment),
    removeKeptModel: (request) => removeKeptModel(environment, request),
    load: (request, context) => load(session, request, context),
    checkEngine: () => checkEngine(session),
    tokenize: async (request) => tokenizePrompt(loadedModel(session), request),
    generate: job(generationMemory, (state, request, context) => generateText(state, request, context)),
    score: (request, context) => scoreTarget(loadedModel(session), request, context),
    trace: job(traceMemory, (state, request, context) => traceFact(state, request, context)),
    traceCell: (request, context) => traceCell(loadedModel(session), request, context),
    traceAverage: job(traceAverageMemory, (state, request, context) =>
      averageTraces(state, request, context),
    ),
    statistics: job(statisticsMemory, (_state, request, context) =>
      computeStatistics(session, request, context),
    ),
    keySpectra: (request, context) => keySpectra(session, request, context),
    superposition: (request, context) => findSuperposition(session, request, context),
    previewInterference: (request, context) => findPreview(session, request, context),
    checkInterference: (request, context) => checkInterference(session, request, context),
    methods: async () => describeMethods(loadedModel(session)),
    knownFacts: async ({ list }, { signal }) => ({
      facts: await knownFacts(loadedModel(session).files, list, signal),
    }),
    constructedMemory: async (request) => constructedMemory(request),
    damage: (_request, context) => measureDamage(session, context),
    edit: job(editMemory, (_state, request, context) => editFacts(session, request, context)),
    cutTarget: (request, context) => cutTarget(loadedModel(session), request, context),
    duel: job(duelMemory, (_state, request, context) => duelMethods(session, request, context)),
    layerSweep: job(
      (state, { call }) => editMemory(state, call),
      (_state, request, context) => sweepLayers(session, request, context),
    ),
    evaluateCase: (request, context) => evaluateCase(session, request, context),
    continueLifelong: (request, context) => continueLifelong(session, request, context),
    stack: () => stackState(session),
    setEditEnabled: (request) => setEditEnabled(session, request),
    useFirstEdits: (request) => useFirstEdits(session, request),
    keepFirstEdits: (request) => keepFirstEdits(session, request),
    removeEdit: (request) => removeEdit(session, request),
    renameEdit: (request) => renameEdit(session, request),
    moveEdit: (request) => moveEdit(session, request),
    recomputeEdit: (request, context) => recomputeEdit(session, request, context),
    saveEdits: () => saveEdits(session),
    openEdits: (request) => openEdits(session, request),
    editsAside: () => editsAside(session),
    setEditsAside: (request) => setEditsAside(session, request),
    putEditsBack: (request) => putEditsBack(session, request),
    embedSentences: (request, context) => embedSentences(session, request, context),
    exportEdits: (request, context) => exportStack(session, request, context),
    selfTest: async () => {
      session.engine ??= (await startEngine(environment, undefined)).engine;
      return { ...(await selfTest(session.engine)), float64: float64Engine() };
    },
    forecast: (request) => forecast(session, request),
    memory: async () => {
      const { backend, heldBytes } = describe(session);
      return { tensors: memory().tensors, bytes: heldBytes, backend };
    },
  };
}

/** Makes jobs that are refused when they cannot fit, and that give back afterwards what was kept for reuse. */
const roomFor =
  (session: Session) =>
  <Request, Result, Partial>(
    memoryOf: (state: LoadedState, request: Request) => JobMemory,
    run: (state: LoadedState, ...call: Parameters<Handler<Request, Result, Partial>>) => Promise<Result>,
  ): Handler<Request, Result, Partial> =>
  async (request, context) => {
    const state = loadedModel(session);
    assertRoom(state, memoryOf(state, request));
    try {
      return await run(state, request, context);
    } finally {
      session.engine?.trim();
    }
  };
