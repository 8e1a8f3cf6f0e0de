/**
 * What a family file states: how its config.json maps to the switches of the forward pass and where each weight
 * stands in a checkpoint. No family has code in the forward pass.
 */
import type { ModelFamily } from "../../domain/model";
import type { ModelConfig } from "../config";
import type { ConfigFields } from "../configFields";

/** A matrix inside a block. `outIn` is PyTorch's Linear, `inOut` GPT-2's Conv1D. */
export type MatrixPlace = {
  /** Module name after the block's prefix; `.weight` and `.bias` follow. */
  module: string;
  stored: "outIn" | "inOut";
  /**
   * One of the three parts of a fused query-key-value matrix: side by side (`thirds`), or three per head
   * (`perHead`, GPT-NeoX).
   */
  fused?: { part: 0 | 1 | 2; order: "thirds" | "perHead" };
};

export type BlockPlaces = {
  attnNorm: string;
  /** Absent where attention and MLP share one norm. */
  mlpNorm?: string;
  attnOutNorm?: string;
  mlpOutNorm?: string;
  queryNorm?: string;
  keyNorm?: string;
  attnQuery: MatrixPlace;
  attnKey: MatrixPlace;
  attnValue: MatrixPlace;
  attnOut: MatrixPlace;
  mlpGate?: MatrixPlace;
  mlpIn: MatrixPlace;
  mlpOut: MatrixPlace;
};

export type Family = {
  name: ModelFamily;
  modelType: string;
  architecture: string;
  readConfig(fields: ConfigFields): ModelConfig;
  /** Prefixes under which the body's tensors may stand; the first that fits the checkpoint is taken. */
  prefixes: readonly string[];
  embedding: string;
  positions?: string;
  finalNorm: string;
  /** Output matrix and bias; outside the body's prefix. */
  output: string;
  blockPrefix(layer: number): string;
  block: BlockPlaces;
  /** Added to every stored norm gain (gemma stores gain - 1). */
  gainOffset: number;
};

/** A PyTorch Linear under this name. */
export const linear = (module: string): MatrixPlace => ({ module, stored: "outIn" });
