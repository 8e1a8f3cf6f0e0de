/** What the lab needs from where it runs. A worker and the shell each give one; the operations know no other difference. */
import type { SentenceEncoder } from "../domain/encoder";
import type { Backend, ModelSource, ModelSummary } from "../domain/model";
import type { LabNews } from "../domain/news";
import type { CallContext } from "../domain/progress";
import type { Watch } from "../domain/watch";
import type { EngineBackend } from "../gpu/backend";
import type { ModelFiles } from "../loading/byteSource";
import type { ModelCache } from "../loading/cache/modelCache";
import type { DurableFiles } from "./durableFiles";

export type OpenedFiles = {
  /** How the user would name the model again. */
  ref: string;
  files: ModelFiles;
  licence?: string;
  /** `Model.hash`, where whoever gives the files has checked that they are the ones it belongs to. */
  modelHash?: string;
  /** For the user: why the model was not kept, or that it may be outdated. */
  notice?: string;
};

/** A model's files before it is decided to load it: nothing has been fetched but the list of them. */
export type PeekedFiles = OpenedFiles & { isKept: boolean };

export type LabEnvironment = {
  /** Backends to try, best first. */
  backends: readonly Backend[];
  startBackend(name: Backend): Promise<EngineBackend>;
  openSource(source: ModelSource, context: CallContext<never>): Promise<OpenedFiles>;
  peekSource(source: ModelSource, context: CallContext<never>): Promise<PeekedFiles>;
  /** Models of the hub kept between visits; undefined where there is no such storage. */
  modelCache(): Promise<ModelCache | undefined>;
  listEmbedded(signal: AbortSignal): Promise<ModelSummary[]>;
  /** Text for statistics of models that bring none of their own, one document a line. */
  defaultCorpus(signal: AbortSignal): Promise<string>;
  /** Compares texts for methods around the model; undefined where there is none. */
  sentenceEncoder?: SentenceEncoder;
  /** Where the stack is written after every change, and read when its model is opened again. */
  journal: DurableFiles;
  /** Where what can be computed again is kept: statistics, the self-test's verdict. */
  cache: DurableFiles;
  /** Someone waits for the first answer: an engine that no other could replace is tested after it (checkEngine). */
  testsLater: boolean;
  /** Ends steps that run a model's own patterns or template and never end by themselves. */
  watch: Watch;
  /** For news nobody asked for: edits came back, or could not be kept. */
  tell(news: LabNews): void;
};
