/**
 * What one GGUF architecture needs to look like its Hugging Face original: names, arrangements of rows, and the
 * configuration rebuilt from metadata. The architectures themselves are data in architectures/.
 */
import type { GgufTensor } from "./ggufHeader";
import type { MetadataReader } from "./ggufMetadata";

/**
 * How llama.cpp's converter changed a tensor. `queryRows`, `keyRows`: rotary pairs interleaved within each head;
 * `transposed`: Conv1D matrices; `plusOne`: one added to norm weights; `groupedQkv`: the heads of a fused matrix sorted
 * into all queries, all keys, all values; `splitQkv`: query, key and value stored as one.
 */
export type Conversion =
  "none" | "queryRows" | "keyRows" | "transposed" | "plusOne" | "groupedQkv" | "splitQkv";

/** GGUF name without `.weight` or `.bias` → Hugging Face name without it. */
export type NameTable = Readonly<Record<string, string | readonly [name: string, conversion: Conversion]>>;

export type ConfigContext = {
  metadata: MetadataReader;
  /** Key prefix of the architecture: `llama.`. */
  prefix: string;
  /** Tensors by GGUF name. */
  tensors: ReadonlyMap<string, GgufTensor>;
  vocabularySize: number;
  isTied: boolean;
  /** Values of `rope_freqs.weight` where the file has it: what each rotary frequency is divided by. */
  ropeFactors: Float32Array | undefined;
  file: string;
};

export type Architecture = {
  whole: NameTable;
  block: NameTable;
  /** Hugging Face prefix of block N, with `{}` for N. */
  blockPrefix: string;
  /** Keys of config.json as the published models have them. */
  config(context: ConfigContext): Record<string, unknown>;
};

/** Keys that every family shares under the same names. */
export function tokenIds({ metadata }: ConfigContext): Record<string, unknown> {
  return defined({
    bos_token_id: metadata.optionalNumber("tokenizer.ggml.bos_token_id"),
    eos_token_id: metadata.optionalNumber("tokenizer.ggml.eos_token_id"),
  });
}

/** The object without its undefined values: an absent key and a key of value undefined mean different things. */
export function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
