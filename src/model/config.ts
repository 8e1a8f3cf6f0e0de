/**
 * A model's architecture as switches of the one forward pass, read from config.json (keys of the published models and
 * of transformers 5 alike). Which keys a family uses is said in families/; nothing below this file asks for a name.
 */
import type { ModelFamily } from "../domain/model";
import { readConfigFields } from "./configFields";
import { families } from "./families/families";
import { chooseFamily } from "./families/chooseFamily";
import type { RotaryConfig } from "./rotaryConfig";

export type ActivationName = "gelu" | "gelu_new" | "gelu_tanh" | "silu";

/** What may differ from layer to layer. */
export type LayerAttention = {
  /** Position i sees j with i - j < window; everything before it when absent. */
  window?: number;
  /** Index into `rotaries`; absent when positions are learned. */
  rotary?: number;
};

export type ModelConfig = {
  family: ModelFamily;
  layers: number;
  residualWidth: number;
  mlpWidth: number;
  heads: number;
  keyValueHeads: number;
  headDim: number;
  vocabularySize: number;
  contextLength: number;
  norm: "layer" | "rms";
  normEpsilon: number;
  /** `parallel`: attention and MLP read the same residual, through two norms or one. */
  residual: "sequential" | "parallelTwoNorms" | "parallelOneNorm";
  /** Norms on the attention's and the MLP's output before they are added (gemma3). */
  outputNorms: boolean;
  /** A norm on each head's query and key before rotation (qwen3, gemma3). */
  queryKeyNorm: boolean;
  queryKeyValueBias: boolean;
  attentionOutBias: boolean;
  mlpBias: boolean;
  logitBias: boolean;
  activation: ActivationName;
  /** MLP key = activation(gate) · in, instead of activation(in). */
  gatedMlp: boolean;
  /** Factor on query · key. */
  attentionScale: number;
  embeddingScale: number;
  learnedPositions: boolean;
  rotaries: readonly RotaryConfig[];
  layerAttention: readonly LayerAttention[];
  /** The output matrix is the embedding matrix. */
  tiedOutput: boolean;
  bosId?: number;
  endIds: readonly number[];
};

/**
 * Reads a parsed config.json. `file` is its name in messages.
 * Throws AppError `bad-json`, `bad-config`, `missing`, `limit` or `unsupported`, naming file and field.
 */
export function parseModelConfig(json: unknown, file = "config.json"): ModelConfig {
  const fields = readConfigFields(json, file);
  return chooseFamily(fields, families).readConfig(fields);
}
