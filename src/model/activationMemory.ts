/**
 * Bytes of activations: what one block makes on its way, what stays of it for later positions or for a gradient, and
 * logits. Jobs add these up to what they take beside the model. Numbers of float32, counted from block.ts line by line.
 */
import type { Backend } from "../domain/model";
import type { ModelConfig } from "./config";

const FLOAT = 4;

type Widths = { residual: number; query: number; keyValue: number; mlp: number };

function widthsOf({ residualWidth, heads, keyValueHeads, headDim, mlpWidth }: ModelConfig): Widths {
  return {
    residual: residualWidth,
    query: heads * headDim,
    keyValue: keyValueHeads * headDim,
    mlp: mlpWidth,
  };
}

/** Everything a block holds at its end, when its last sum has been made and nothing is freed yet. */
export function blockBytes(config: ModelConfig, rows: number): number {
  const { residual, query, keyValue, mlp } = widthsOf(config);
  const isSequential = config.residual === "sequential";
  // In, normed, attention's output; the sum after it or the one of both; the MLP's input, output, and the result.
  const residuals =
    3 +
    1 +
    (config.residual === "parallelOneNorm" ? 0 : 1) +
    2 +
    (config.outputNorms ? 2 : 0) +
    (isSequential ? 0 : 1);
  const turned = config.learnedPositions ? 0 : 1;
  const projected = 1 + turned + (config.queryKeyNorm ? 1 : 0);
  const attention = (projected + 1) * query + (projected + 1) * keyValue;
  return FLOAT * rows * (residuals * residual + attention + (config.gatedMlp ? 3 : 2) * mlp);
}

/** Where attention's probabilities are formed: on WebGPU, a slice of the batch at a time (attentionCalls.ts). */
export function probabilityBytes(
  { heads }: ModelConfig,
  backend: Backend,
  { batch, queries, keys }: { batch: number; queries: number; keys: number },
): number {
  if (backend !== "webgpu") return 0;
  const row = FLOAT * heads * queries * keys;
  return Math.max(row, Math.min(batch * row, 64 * 2 ** 20));
}

/** Keys and values of some positions in one layer. */
export const keyValueBytes = (config: ModelConfig, rows: number): number =>
  2 * FLOAT * rows * widthsOf(config).keyValue;

export const residualBytes = ({ residualWidth }: ModelConfig, rows: number): number =>
  FLOAT * rows * residualWidth;

export const logitBytes = ({ vocabularySize }: ModelConfig, rows: number): number =>
  FLOAT * rows * vocabularySize;

/**
 * What a recorded block keeps until its gradient is taken: all it makes, because tfjs saves every tensor that is
 * reshaped, added or put through a kernel. Its input is the result of the block below.
 */
export const recordedBlockBytes = (config: ModelConfig, rows: number): number =>
  blockBytes(config, rows) - residualBytes(config, rows);

/** What a block of several segments makes besides: queries, keys and values cut for turning and for attention. */
export function segmentBytes(config: ModelConfig, rows: number): number {
  const { query, keyValue } = widthsOf(config);
  const cuts = config.learnedPositions ? { query: 2, keyValue: 2 } : { query: 4, keyValue: 4 };
  return FLOAT * rows * (cuts.query * query + cuts.keyValue * keyValue);
}
