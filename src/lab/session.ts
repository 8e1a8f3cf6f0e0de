/** What is loaded now: the engine, one model, its edit stack, and what was computed about it once. */
import type { LoadedModel, ModelSource } from "../domain/model";
import type { EditStack } from "../editing/stack";
import type { EngineBackend } from "../gpu/backend";
import { AppError } from "../lib/errors";
import type { ModelFiles } from "../loading/byteSource";
import type { Model } from "../model/model";
import type { Prepared } from "./prepared";
import type { LabEnvironment } from "./environment";
import type { KeptStack } from "./journal";
import type { RecentInputs } from "./recentInputs";

export type LoadedState = {
  /** What storage holds of the stack, as far as this tab knows. */
  kept: KeptStack;
  source: ModelSource;
  files: ModelFiles;
  model: Model;
  stack: EditStack;
  /** Subjects of the facts the model was taught, where it brings a list. */
  ownSubjects: readonly string[];
  /** What the model's folder brings computed; undefined where there is nothing for these weights. */
  prepared: Prepared | undefined;
  /** What earlier edits computed about the untouched weights. */
  recent: RecentInputs;
  info: Omit<LoadedModel, "heldBytes">;
};

export type Session = {
  readonly environment: LabEnvironment;
  engine: EngineBackend | undefined;
  /** Whether the engine has passed its self-test; on a page the last one to choose from is tested after the load. */
  isTested?: boolean;
  loaded: LoadedState | undefined;
};

/** @throws AppError model-not-loaded; or the engine's fault, once a failure has made its results doubtful */
export function loadedModel(session: Session): LoadedState {
  session.engine?.assertHealthy();
  if (session.loaded) return session.loaded;
  throw new AppError("model-not-loaded", "No model is loaded yet.", "Load one first.");
}

/** The loaded model with the engine it runs on. */
export function describe({ engine, loaded }: Session): LoadedModel {
  const state = loaded;
  if (!state || !engine) throw new AppError("model-not-loaded", "No model is loaded yet.", "Load one first.");
  return { ...state.info, heldBytes: engine.heldBytes() };
}
