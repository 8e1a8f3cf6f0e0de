/**
 * A model's files opened as one thing: configuration, tokenizer files, and tensors by Hugging Face name, whatever
 * the format on disk. What the configuration means is decided in model/; tensors are read when asked for.
 */
import { assertNotCancelled, type ByteSource, type ModelFiles } from "./byteSource";
import { fault, quoted } from "./fault";
import type { GgufMetadata } from "./gguf/ggufMetadata";
import { openGgufCheckpoint } from "./gguf/openGgufCheckpoint";
import { openHuggingFaceCheckpoint } from "./huggingFaceCheckpoint";
import type { ReadOptions } from "./tensorReader";

export type TensorInfo = { shape: readonly number[]; dtype: string };

export type TokenizerFiles = {
  /** tokenizer.json; undefined for a GGUF without one, whose vocabulary is in `Checkpoint.ggufMetadata`. */
  tokenizer: unknown;
  /** tokenizer_config.json. */
  config: unknown;
  /** chat_template.jinja, which newer models keep in a file of its own. */
  chatTemplate?: string;
};

export type Checkpoint = {
  format: "safetensors" | "gguf";
  /** What config.json says; for a GGUF the same keys, rebuilt from its metadata. Not yet validated. */
  config: unknown;
  generationConfig: unknown;
  tokenizer: TokenizerFiles;
  /** Present for GGUF only: its key-value pairs, among them `tokenizer.ggml.*`. */
  ggufMetadata: GgufMetadata | undefined;
  /** Hugging Face names; tied output matrices are absent, masks and counters may be present. */
  tensorNames: ReadonlyMap<string, TensorInfo>;
  /** Bytes of the weight files. */
  totalBytes: number;
  /** SPDX-like name where the files state one. */
  licence: string | undefined;
  /**
   * All values in Hugging Face shape and orientation, row-major.
   * @throws AppError missing, unsupported (not a float type), cancelled, out-of-memory, network
   */
  readTensor(name: string, options?: ReadOptions): Promise<Float32Array<ArrayBuffer>>;
  /** Some rows of a tensor's first dimension; reads no more than they need. */
  readRows(
    name: string,
    firstRow: number,
    rowCount: number,
    options?: ReadOptions,
  ): Promise<Float32Array<ArrayBuffer>>;
};

/**
 * Opens a folder in Hugging Face layout or a single .gguf (optionally beside a tokenizer.json). Headers and small
 * JSON files are read and checked, tensors are not.
 * @throws AppError of a FileFault category, naming file and field
 */
export async function openCheckpoint(files: ModelFiles, signal?: AbortSignal): Promise<Checkpoint> {
  assertNotCancelled(signal);
  const names = [...files.keys()];
  const gguf = names.filter((name) => name.toLowerCase().endsWith(".gguf"));
  const hasSafetensors = names.some((name) => /\.safetensors(\.index\.json)?$/.test(name));
  if (gguf.length === 0 || hasSafetensors) return openHuggingFaceCheckpoint(files, signal);
  if (gguf.length > 1) {
    const list = gguf.slice(0, 5).map(quoted).join(", ");
    throw fault(
      "unsupported",
      "The folder",
      `it holds several GGUF files (${list}); open one of them by itself`,
    );
  }
  return openGgufCheckpoint(files.get(gguf[0]!) as ByteSource, files, signal);
}
