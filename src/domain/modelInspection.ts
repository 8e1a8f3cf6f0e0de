/** What is known of a model before any of its weights are fetched, and what the browser keeps of earlier ones. */
import type { ErrorReport } from "./errors";
import type { Backend, ModelFamily, ModelMemory, ModelSource } from "./model";

/** A model's shape as its configuration states it. */
export type ModelShape = {
  family: ModelFamily;
  layers: number;
  residualWidth: number;
  contextLength: number;
  vocabulary: number;
};

export type ModelInspection = {
  source: ModelSource;
  /** As the loaded model will be called: of the hub with the commit in place of the branch. */
  ref: string;
  format: "safetensors" | "gguf";
  weightFiles: number;
  /** How the weights are written: `BF16`, `Q4_1`; undefined when the configuration does not say. */
  precision: string | undefined;
  parameters: number | undefined;
  /** All files that would be fetched or read. */
  bytes: number;
  licence: string | undefined;
  /** The shape, or why this lab cannot run it. */
  shape: ModelShape | undefined;
  refusal: ErrorReport | undefined;
  /** What it will take on the backend in use; undefined where the shape is unknown. */
  memory: ExpectedMemory | undefined;
  /** The browser keeps it already: nothing would be downloaded. */
  isKept: boolean;
  storage: StorageSpace;
  /** For the user: the hub cannot be reached, and this is the version kept. */
  notice: string | undefined;
};

export type ExpectedMemory = {
  backend: Backend;
  limit: MemoryLimit;
  /** The form that would be chosen, or why none fits. */
  chosen: ModelMemory | undefined;
  refusal: ErrorReport | undefined;
  /** Why the weights would be kept in fewer bits. */
  notice: string | undefined;
  /** Every form the user may ask for instead, best first. */
  estimates: ModelMemory[];
};

/** What this device can hold, in bytes. A `hard` limit is certain; the other is what is left to a page by habit. */
export type MemoryLimit = { bytes: number; isHard: boolean };

/** What the browser says of its storage, in bytes; undefined where it does not say. */
export type StorageSpace = {
  /** False where the browser refuses private files: models are then loaded without being kept. */
  isAvailable: boolean;
  used: number | undefined;
  quota: number | undefined;
};

export type KeptModel = {
  ref: string;
  /** The branch or tag it was asked for by. */
  revision: string;
  bytes: number;
  licence: string | undefined;
  /** ISO date and time. */
  created: string;
};

export type KeptModels = {
  models: KeptModel[];
  /** Of the models alone; `storage.used` counts all that this page keeps. */
  bytes: number;
  storage: StorageSpace;
};
