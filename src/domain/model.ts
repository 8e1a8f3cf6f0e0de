/** A model as the page and the shell see it: where it comes from and what it is. */

import type { RomeSettings } from "./edit";

export type Backend = "webgpu" | "wasm" | "cpu";

/** How frozen matrices are kept on the device, best first. Arithmetic is float32 always. */
export type Precision = "float32" | "float16" | "int8";

/** What a model takes, in bytes. Known from its configuration alone, before any weight is read. */
export type ModelMemory = {
  precision: Precision;
  /** Of the weights on the device. */
  weights: number;
  /** What the backend holds once the model is loaded and has run: weights, tables, the backend's own overhead. */
  held: number;
  /** JavaScript's own memory while weights are read, largest at one time. */
  loading: number;
};

/**
 * Where a model's bytes are. `embedded:` is a folder under public/models; `files` are File objects dropped on the
 * page (one .gguf, or a folder in Hugging Face layout); `path` is the same on disk, for the shell only.
 */
export type ModelSource =
  | { kind: "embedded"; name: string }
  | { kind: "hub"; repository: string; revision: string }
  | { kind: "files"; files: readonly File[]; folder?: string }
  | { kind: "path"; path: string };

export type ModelFamily =
  "gpt2" | "gpt_neox" | "gptj" | "llama" | "mistral" | "qwen2" | "qwen3" | "gemma3" | "phi";

export type ModelSummary = {
  /** How the user would name it again: `embedded:x`, `hf:owner/name@revision`, a path or a file name. */
  ref: string;
  family: ModelFamily;
  parameters: number;
  layers: number;
  bytes: number;
  licence: string;
};

export type LoadedModel = ModelSummary & {
  /** Hash of every weight as loaded (hex); an edit file names it. */
  hash: string;
  residualWidth: number;
  mlpWidth: number;
  heads: number;
  vocabulary: number;
  contextLength: number;
  hasChatTemplate: boolean;
  backend: Backend;
  /** How its matrices are kept, and whether every one still has the checkpoint's bits. */
  precision: Precision;
  isExact: boolean;
  /** What it was expected to take. */
  memory: ModelMemory;
  /** Bytes the backend holds for this model now. */
  heldBytes: number;
  /** The layer ROME edits unless told otherwise. */
  defaultEditLayer: number;
  /** What ROME's settings are on this model unless told otherwise. */
  editDefaults: RomeSettings;
  /** Blocks whose MLP writes nothing in this model, so that an edit there comes to nothing. */
  silentLayers?: readonly number[];
  /** Notices for the user: fallback to WASM, self-test result, quirks of the file. */
  notices: readonly string[];
};

/** A token with its span in the text (UTF-16 offsets; special tokens in front have an empty span). */
export type Token = { id: number; text: string; start: number; end: number };

export type TokenChoice = { id: number; text: string; logprob: number };
