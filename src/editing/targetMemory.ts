/** What finding a target vector and laying the edit over the model takes beside the model. */
import type { Backend } from "../domain/model";
import {
  blockBytes,
  keyValueBytes,
  logitBytes,
  probabilityBytes,
  recordedBlockBytes,
  residualBytes,
  segmentBytes,
} from "../model/activationMemory";
import type { ModelConfig } from "../model/config";
import { BUDGET } from "./targets";

export type TargetSize = {
  layer: number;
  /** Texts that are continued by the answer, and one more that should stay as it is. */
  rows: number;
  /** Tokens of the longest row before the place where the vector is added, and from it on. */
  before: number;
  from: number;
  answerTokens: number;
};

/** Logits, the labels' part of them, their gradients, and the divergence's few rows. */
const LOGITS_AT_ONCE = 7;

/** Bytes at the worst moment: the prefix's pass, or one part of the batch recorded through all blocks above. */
export function estimateTargetMemory(config: ModelConfig, backend: Backend, size: TargetSize): number {
  const { layer, rows, before, from, answerTokens } = size;
  const above = config.layers - layer;
  const attention = (batch: number, queries: number, keys: number) =>
    probabilityBytes(config, backend, { batch, queries, keys });
  const tokens = rows * (before + from);
  const cached = above * keyValueBytes(config, rows * before);
  const prefix =
    residualBytes(config, 2 * tokens) +
    blockBytes(config, tokens) +
    segmentBytes(config, tokens) +
    attention(rows, before + from, before + from);

  const perPart = Math.max(1, Math.floor(BUDGET / (above * config.residualWidth) / from));
  const taken = Math.min(perPart, rows);
  const recorded =
    (above - 1) * (recordedBlockBytes(config, taken * from) + segmentBytes(config, taken * from));
  const logits = LOGITS_AT_ONCE * logitBytes(config, taken * answerTokens + 1);
  const gradients = blockBytes(config, taken * from) / 2 + 2 * attention(taken, from, before + from);
  const suffixes = residualBytes(config, 2 * rows * from);
  return cached + Math.max(prefix, suffixes + recorded + Math.max(gradients, logits));
}

/** The edited matrix in float32 on the device. */
export const editedMatrixBytes = ({ mlpWidth, residualWidth }: ModelConfig): number =>
  4 * Math.ceil(residualWidth / 8) * 8 * mlpWidth;
