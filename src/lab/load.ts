/** Loads a model: engine, files, tokenizer, weights; then puts back the edits that the journal holds for it. */
import type { Backend, LoadedModel, ModelMemory, ModelSource, Precision } from "../domain/model";
import type { CallContext } from "../domain/progress";
import { romeDefaults } from "../editing/settings/romeSettings";
import { EditStack } from "../editing/stack";
import type { ModelFiles } from "../loading/byteSource";
import { openCheckpoint, type Checkpoint } from "../loading/checkpoint";
import { readFactSubjects } from "../loading/factSubjects";
import { parseModelConfig, type ModelConfig } from "../model/config";
import { loadModel, type Model } from "../model/model";
import { openTokenizer } from "../model/tokenizer/openTokenizer";
import { planWeights } from "../model/weightPlan";
import { choosePrecision } from "./choosePrecision";
import { startEngine } from "./engine";
import type { LabEnvironment, OpenedFiles } from "./environment";
import { NOTHING_KEPT, restoreStack } from "./journal";
import { memoryLimit } from "./memoryLimit";
import { readPrepared } from "./prepared";
import { RecentInputs } from "./recentInputs";
import { describe, type LoadedState, type Session } from "./session";
import { watchedTokenizer } from "./watchedTokenizer";

/** Frees the model and the engine before others take their memory. */
export async function unload(session: Session): Promise<void> {
  const { loaded, engine } = session;
  session.loaded = undefined;
  session.engine = undefined;
  if (loaded) {
    await loaded.stack.clear();
    loaded.model.dispose();
  }
  engine?.dispose();
}

const OTHER_WEIGHTS = "The model's prepared.json was made on other weights and is not used.";

type Opened = {
  ref: string;
  checkpoint: Checkpoint;
  licence: string;
  memory: ModelMemory;
  notices: readonly (string | undefined)[];
};

/** Types that the checkpoint's matrices and tables are stored in. */
function matrixTypes(config: ModelConfig, { tensorNames }: Checkpoint): string[] {
  const { plan } = planWeights(config, tensorNames);
  const packed = plan.filter(({ kind }) => kind === "matrix" || kind === "table");
  return packed.map(({ stored }) => tensorNames.get(stored.name)!.dtype);
}

/** A list of facts that cannot be read ends the load: the weights go with it. */
const subjectsOrFree = (model: Model, files: ModelFiles, signal: AbortSignal): Promise<string[]> =>
  readFactSubjects(files, signal).catch((error: unknown) => {
    model.dispose();
    throw error;
  });

type Wanted = {
  source: ModelSource;
  backend: Backend;
  precision: Precision | undefined;
  /** Asked for before the engine was started. */
  opening: Promise<OpenedFiles> | undefined;
};

async function loadWeights(
  { source, backend, precision, opening }: Wanted,
  environment: LabEnvironment,
  context: CallContext<never>,
): Promise<Omit<LoadedState, "stack" | "kept" | "info"> & Opened> {
  const opened = await (opening ?? environment.openSource(source, context));
  const { ref, files, licence, notice, modelHash } = opened;
  const checkpoint = await openCheckpoint(files, context.signal);
  const config = parseModelConfig(checkpoint.config);
  const { watch } = environment;
  const openedTokenizer = watch({ kind: "tokenizer", model: ref }, () => openTokenizer(checkpoint));
  const tokenizer = watchedTokenizer(openedTokenizer, ref, watch);
  const prepared = await readPrepared(files, context.signal);
  const { memory, notice: aboutPrecision } = choosePrecision(config, {
    backend,
    wanted: precision,
    limit: memoryLimit(backend),
    dtypes: matrixTypes(config, checkpoint),
  });
  const model = await loadModel(checkpoint, tokenizer, config, {
    ...context,
    precision: memory.precision,
    ...(modelHash === undefined ? {} : { knownHash: modelHash }),
  });
  const isOfOtherWeights = prepared !== undefined && prepared.modelHash !== model.hash;
  const usable = isOfOtherWeights ? undefined : prepared;
  const ownSubjects = usable ? [] : await subjectsOrFree(model, files, context.signal);
  return {
    source,
    ref,
    files,
    model,
    ownSubjects,
    prepared: usable,
    recent: new RecentInputs(),
    checkpoint,
    memory,
    notices: [notice, isOfOtherWeights ? OTHER_WEIGHTS : undefined, aboutPrecision],
    licence: licence ?? checkpoint.licence ?? "unknown",
  };
}

/**
 * Replaces whatever was loaded. When the new model cannot be loaded, none is.
 * @throws AppError of the loader's categories, webgpu-unavailable, out-of-memory, cancelled
 */
export async function load(
  session: Session,
  { source, backend, precision }: { source: ModelSource; backend?: Backend; precision?: Precision },
  context: CallContext<never>,
): Promise<LoadedModel> {
  await unload(session);
  const { environment } = session;
  // The page's own models are small: they are fetched while the engine starts.
  const opening = source.kind === "embedded" ? environment.openSource(source, context) : undefined;
  opening?.catch(() => undefined); // told where it is awaited
  const { engine, notices, isTested } = await startEngine(environment, backend);
  session.engine = engine;
  session.isTested = isTested;
  const wanted = { source, backend: engine.name, precision, opening };
  const opened = await loadWeights(wanted, environment, context);
  const { ref, checkpoint, licence, memory, notices: found, ...loaded } = opened;
  notices.push(...found.filter((notice) => notice !== undefined));
  const { config, tokenizer, hash, baseHash, parameters } = loaded.model;
  session.loaded = {
    ...loaded,
    kept: NOTHING_KEPT,
    stack: new EditStack(loaded.model.weights, baseHash, session.environment.sentenceEncoder),
    info: {
      ref,
      family: config.family,
      parameters,
      layers: config.layers,
      bytes: checkpoint.totalBytes,
      licence,
      hash,
      residualWidth: config.residualWidth,
      mlpWidth: config.mlpWidth,
      heads: config.heads,
      vocabulary: config.vocabularySize,
      contextLength: config.contextLength,
      hasChatTemplate: tokenizer.chatTemplate !== undefined,
      backend: engine.name,
      precision: memory.precision,
      isExact: baseHash === hash,
      memory,
      defaultEditLayer: romeDefaults(config).layer,
      editDefaults: romeDefaults(config),
      silentLayers: loaded.model.silentLayers,
      notices,
    },
  };
  const restored = await restoreStack(session);
  if (restored.notice) notices.push(restored.notice);
  if (restored.edits > 0) session.environment.tell({ kind: "restored", edits: restored.edits });
  engine.assertHealthy();
  return describe(session);
}
