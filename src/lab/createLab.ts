/** The lab: every operation of LabApi over one session. */
import type { LabApi } from "../domain/labApi";
import { memory } from "../gpu/tensor";
import { selfTest } from "../gpu/selfTest";
import { editFacts, recomputeEdit } from "./edit";
import type { LabEnvironment } from "./environment";
import { inspectModel } from "./inspectModel";
import { keptModels, removeKeptModel } from "./keptModels";
import { generateText, scoreTarget, tokenizePrompt } from "./language";
import { load } from "./load";
import { startEngine } from "./engine";
import { describe, loadedModel, type Session } from "./session";
import { moveEdit, openEdits, removeEdit, renameEdit, saveEdits, setEditEnabled, stackState } from "./stack";
import { computeStatistics } from "./statistics";
import { averageTraces, traceCell, traceFact } from "./trace";

/** A lab with nothing loaded. Operations must not overlap: the tensor engine has one tape (workers/serve.ts queues). */
export function createLab(environment: LabEnvironment): LabApi {
  const session: Session = { environment, engine: undefined, loaded: undefined };
  return {
    listModels: (_request, { signal }) => environment.listEmbedded(signal),
    inspectModel: (request, context) => inspectModel(session, request, context),
    keptModels: () => keptModels(environment),
    removeKeptModel: (request) => removeKeptModel(environment, request),
    load: (request, context) => load(session, request, context),
    tokenize: async (request) => tokenizePrompt(loadedModel(session), request),
    generate: (request, context) => generateText(loadedModel(session), request, context),
    score: (request, context) => scoreTarget(loadedModel(session), request, context),
    trace: (request, context) => traceFact(loadedModel(session), request, context),
    traceCell: (request, context) => traceCell(loadedModel(session), request, context),
    traceAverage: (request, context) => averageTraces(loadedModel(session), request, context),
    statistics: (request, context) => computeStatistics(session, request, context),
    edit: (request, context) => editFacts(session, request, context),
    stack: () => stackState(session),
    setEditEnabled: (request) => setEditEnabled(session, request),
    removeEdit: (request) => removeEdit(session, request),
    renameEdit: (request) => renameEdit(session, request),
    moveEdit: (request) => moveEdit(session, request),
    recomputeEdit: (request, context) => recomputeEdit(session, request, context),
    saveEdits: () => saveEdits(session),
    openEdits: (request) => openEdits(session, request),
    selfTest: async () => {
      session.engine ??= (await startEngine(environment, undefined)).engine;
      return selfTest(session.engine);
    },
    memory: async () => {
      const { backend, heldBytes } = describe(session);
      return { tensors: memory().tensors, bytes: heldBytes, backend };
    },
  };
}
