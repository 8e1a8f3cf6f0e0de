/**
 * The one list of operations. A worker serves it to the page, the command line serves it to the shell;
 * neither knows more. Requests and results are plain data; typed arrays are transferred.
 */
import type { DamageReport } from "./damage";
import type { CaseRequest, CaseResult } from "./benchmark";
import type { EditCall, EditPartial, EditResult, StackState } from "./edit";
import type { EmbedRequest, EmbedResult } from "./encoder";
import type { ExportRequest, ExportResult } from "./export";
import type { ForecastRequest, JobForecast } from "./forecast";
import type {
  GeneratePartial,
  GenerateRequest,
  GenerateResult,
  ScoreRequest,
  ScoreResult,
} from "./generation";
import type { MethodDescription } from "./methods";
import type { LifelongPoint, LifelongRequest } from "./lifelong";
import type { Backend, LoadedModel, ModelSource, ModelSummary, Precision, Token } from "./model";
import type { KeptModels, ModelInspection } from "./modelInspection";
import type { CutRequest, CutTarget } from "./longTarget";
import type { CallContext } from "./progress";
import type { SelfTestResult } from "./selfTest";
import type { SpectraRequest, SpectraResult, StatisticsRequest, StatisticsResult } from "./statistics";
import type {
  ConstructedMemory,
  ConstructedMemoryRequest,
  FactListName,
  InterferenceCheck,
  InterferenceCheckRequest,
  InterferencePreview,
  InterferencePreviewRequest,
  KnownFact,
  SuperpositionRequest,
  SuperpositionResult,
} from "./superposition";
import type {
  CellRequest,
  CellResult,
  TraceAverageRequest,
  TraceAverageResult,
  TracePartial,
  TraceRequest,
  TraceResult,
} from "./trace";
import type { DuelRequest, DuelResult, SweepRequest, SweepResult } from "./trials";

export type Handler<Request, Result, Partial = never> = (
  request: Request,
  context: CallContext<Partial>,
) => Promise<Result>;

export type LabApi = {
  listModels: Handler<Record<never, never>, ModelSummary[]>;
  /** Reads a model's configuration and list of files, but no weights. */
  inspectModel: Handler<{ source: ModelSource }, ModelInspection>;
  /** Models of the hub that the browser keeps. */
  keptModels: Handler<Record<never, never>, KeptModels>;
  removeKeptModel: Handler<{ ref: string }, KeptModels>;
  /** `precision`: how weights are kept; by default the form that loses least of those that fit this device. */
  load: Handler<{ source: ModelSource; backend?: Backend; precision?: Precision }, LoadedModel>;
  /**
   * Tests an engine that `load` has left untested, as it does on a page where no other engine is left to choose: the
   * first answer comes before the test. Fails with gpu-error, and nothing is loaded then.
   */
  checkEngine: Handler<Record<never, never>, void>;
  tokenize: Handler<{ prompt: string }, { tokens: Token[] }>;
  generate: Handler<GenerateRequest, GenerateResult, GeneratePartial>;
  score: Handler<ScoreRequest, ScoreResult>;
  trace: Handler<TraceRequest, TraceResult, TracePartial>;
  traceCell: Handler<CellRequest, CellResult>;
  /** Many facts traced and averaged by the role of each token; what is averaged so far comes with the progress. */
  traceAverage: Handler<TraceAverageRequest, TraceAverageResult, TraceAverageResult>;
  statistics: Handler<StatisticsRequest, StatisticsResult>;
  /** How much of key space an edit's threshold leaves free, with the spectrum that decides it. */
  keySpectra: Handler<SpectraRequest, SpectraResult>;
  /** How far a list of facts share directions of key space, layer by layer. */
  superposition: Handler<SuperpositionRequest, SuperpositionResult>;
  /** What an edit about to be made would do to a list of facts, from keys alone; nothing is changed. */
  previewInterference: Handler<InterferencePreviewRequest, InterferencePreview>;
  /** What an edit of the stack did to a list of facts, predicted and measured. */
  checkInterference: Handler<InterferenceCheckRequest, InterferenceCheck>;
  /** Every editing method: what it is and changes, and its settings with this model's defaults. */
  methods: Handler<Record<never, never>, MethodDescription[]>;
  /** A list of facts that the model's folder brings; empty where there is none. */
  knownFacts: Handler<{ list: FactListName }, { facts: readonly KnownFact[] }>;
  /** Many edits of a memory whose keys are made to order: what overlap costs, and that none costs nothing. */
  constructedMemory: Handler<ConstructedMemoryRequest, ConstructedMemory>;
  /** What all edits in use have done to the model beyond their own facts. */
  damage: Handler<Record<never, never>, DamageReport>;
  edit: Handler<EditCall, EditResult, EditPartial>;
  /** A long answer as it would be cut, with how likely its tokens are now. */
  cutTarget: Handler<CutRequest, CutTarget>;
  /** The same requests by several methods on the untouched base; the stack stays as it is. */
  duel: Handler<DuelRequest, DuelResult, DuelResult>;
  /** The same edit at every layer on the weights in use; the stack stays as it is. */
  layerSweep: Handler<SweepRequest, SweepResult, SweepResult>;
  /** One case of a benchmark, edited, measured and taken back. */
  evaluateCase: Handler<CaseRequest, CaseResult>;
  /** The next edits of a long sequence, and what is left of everything after them. */
  continueLifelong: Handler<LifelongRequest, LifelongPoint>;
  stack: Handler<Record<never, never>, StackState>;
  setEditEnabled: Handler<{ id: string; enabled: boolean }, StackState>;
  /** Switches on the lowest `count` edits and no others. */
  useFirstEdits: Handler<{ count: number }, StackState>;
  /** Removes every edit above the lowest `count`. */
  keepFirstEdits: Handler<{ count: number }, StackState>;
  removeEdit: Handler<{ id: string }, StackState>;
  renameEdit: Handler<{ id: string; name: string }, StackState>;
  moveEdit: Handler<{ id: string; to: number }, StackState>;
  recomputeEdit: Handler<{ id: string }, EditResult, EditPartial>;
  /** The stack as one `.palimpsest` file (safetensors). */
  saveEdits: Handler<Record<never, never>, { bytes: Uint8Array<ArrayBuffer> }>;
  /** Replaces the stack by a file's; refused when it was made on another model. */
  openEdits: Handler<
    { bytes: Uint8Array<ArrayBuffer>; fileName: string; acceptOtherRevision: boolean },
    StackState
  >;
  /** Edit files kept beside the loaded model while a sequence has their place on it: how many there are. */
  editsAside: Handler<Record<never, never>, { sets: number }>;
  /** One more of them; the stack is as it was. Refused where storage refuses. */
  setEditsAside: Handler<{ bytes: Uint8Array<ArrayBuffer> }, { sets: number }>;
  /** The newest takes the place of the stack, which with `keepPresent` is set aside in its turn. */
  putEditsBack: Handler<{ keepPresent: boolean }, StackState>;
  /** The stack for other programs; read again and compared before it is given. */
  exportEdits: Handler<ExportRequest, ExportResult>;
  /** Sentences as unit vectors whose dot product says how alike they are. */
  embedSentences: Handler<EmbedRequest, EmbedResult>;
  selfTest: Handler<Record<never, never>, SelfTestResult>;
  /** What a trace or an edit would take beside the model, before it begins. */
  forecast: Handler<ForecastRequest, JobForecast>;
  memory: Handler<Record<never, never>, { tensors: number; bytes: number; backend: Backend }>;
};
