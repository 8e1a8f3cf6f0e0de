/** Loads a model: engine, files, tokenizer, weights; then puts back the edits that the journal holds for it. */
import type { Backend, LoadedModel, ModelSource } from "../domain/model";
import type { CallContext } from "../domain/progress";
import { romeDefaults } from "../editing/settings/romeSettings";
import { EditStack } from "../editing/stack";
import { openCheckpoint, type Checkpoint } from "../loading/checkpoint";
import { readFactSubjects } from "../loading/factSubjects";
import { parseModelConfig } from "../model/config";
import { loadModel } from "../model/model";
import { openTokenizer } from "../model/tokenizer/openTokenizer";
import { startEngine } from "./engine";
import type { LabEnvironment } from "./environment";
import { NOTHING_KEPT, restoreStack } from "./journal";
import { readPrepared } from "./prepared";
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

type Opened = { ref: string; checkpoint: Checkpoint; licence: string; notice: string | undefined };

async function loadWeights(
  source: ModelSource,
  environment: LabEnvironment,
  context: CallContext<never>,
): Promise<Omit<LoadedState, "stack" | "kept" | "info"> & Opened> {
  const { ref, files, licence, notice } = await environment.openSource(source, context);
  const checkpoint = await openCheckpoint(files, context.signal);
  const config = parseModelConfig(checkpoint.config);
  const { watch } = environment;
  const opened = watch({ kind: "tokenizer", model: ref }, () => openTokenizer(checkpoint));
  const tokenizer = watchedTokenizer(opened, ref, watch);
  const prepared = await readPrepared(files, context.signal);
  const ownSubjects = prepared ? [] : await readFactSubjects(files, context.signal);
  const model = await loadModel(checkpoint, tokenizer, config, context);
  return {
    source,
    ref,
    files,
    model,
    ownSubjects,
    prepared: prepared?.modelHash === model.hash ? prepared : undefined,
    watch,
    checkpoint,
    notice: prepared && prepared.modelHash !== model.hash ? OTHER_WEIGHTS : notice,
    licence: licence ?? checkpoint.licence ?? "unknown",
  };
}

/**
 * Replaces whatever was loaded. When the new model cannot be loaded, none is.
 * @throws AppError of the loader's categories, webgpu-unavailable, out-of-memory, cancelled
 */
export async function load(
  session: Session,
  { source, backend }: { source: ModelSource; backend?: Backend },
  context: CallContext<never>,
): Promise<LoadedModel> {
  await unload(session);
  const { engine, notices } = await startEngine(session.environment, backend);
  session.engine = engine;
  const opened = await loadWeights(source, session.environment, context);
  const { ref, checkpoint, licence, notice, ...loaded } = opened;
  if (notice) notices.push(notice);
  const { config, tokenizer, hash, parameters } = loaded.model;
  session.loaded = {
    ...loaded,
    kept: NOTHING_KEPT,
    stack: new EditStack(loaded.model.weights, hash),
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
      defaultEditLayer: romeDefaults(config).layer,
      editDefaults: romeDefaults(config),
      notices,
    },
  };
  const restored = await restoreStack(session);
  if (restored.notice) notices.push(restored.notice);
  if (restored.edits > 0) session.environment.tell({ kind: "restored", edits: restored.edits });
  engine.assertHealthy();
  return describe(session);
}
