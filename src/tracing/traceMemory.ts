/** What a causal trace takes beside the model: the kept runs, and the widest step of the sweep over the first token. */
import type { Backend } from "../domain/model";
import {
  blockBytes,
  keyValueBytes,
  logitBytes,
  probabilityBytes,
  residualBytes,
} from "../model/activationMemory";
import type { ModelConfig } from "../model/config";
import { rowsPerStep } from "./stepSize";
import { rowsPerBlockStep } from "./sweep";

export type TraceSize = {
  samples: number;
  tokens: number;
  /** First token of the subject: nothing before it is swept. */
  firstToken: number;
  /** Whether outputs of a sub-module are kept as well (windows, severed paths). */
  keepsOutputs: boolean;
  /** Whether a second corrupted run is kept (severed paths with the published noise). */
  hasSecondRun: boolean;
};

/** Bytes at the worst moment. */
export function estimateTraceMemory(config: ModelConfig, backend: Backend, size: TraceSize): number {
  const { samples, tokens, keepsOutputs, hasSecondRun } = size;
  const rows = (samples + 1) * tokens;
  const { layers } = config;
  const residuals = (layers + 1) * residualBytes(config, rows);
  const one = residuals + layers * keyValueBytes(config, rows);
  const kept = one + (keepsOutputs ? layers * residualBytes(config, rows) : 0) + (hasSecondRun ? one : 0);
  const attention = (batch: number, queries: number) =>
    probabilityBytes(config, backend, { batch, queries, keys: tokens });
  const firstPass = blockBytes(config, rows) + attention(samples + 1, tokens);
  return kept + Math.max(firstPass, sweepBytes(config, size, attention));
}

/** All runs of the first token are inside; one group of them is in a block, or their answers are looked up. */
function sweepBytes(
  config: ModelConfig,
  { samples, tokens, firstToken, keepsOutputs }: TraceSize,
  attention: (batch: number, queries: number) => number,
): number {
  const positions = tokens - firstToken;
  const perRun = samples * positions;
  const capacity = Math.max(1, Math.floor(rowsPerBlockStep(config) / perRun));
  // States join one by one, and the last block computes one position only; windows may all begin at the bottom.
  const all = keepsOutputs ? config.layers : Math.max(1, config.layers - 2);
  const runs = Math.min(capacity, all);
  const waiting = all * residualBytes(config, perRun);
  const joined = residualBytes(config, (keepsOutputs ? 2 : 1) * runs * perRun);
  const prefix = keyValueBytes(config, samples * firstToken);
  const block = blockBytes(config, runs * perRun) + attention(runs * samples, positions);
  const portion = rowsPerStep(config.residualWidth * config.vocabularySize, config.vocabularySize);
  const answers = 2 * logitBytes(config, Math.min(portion, all * samples));
  return waiting + Math.max(prefix + joined + block, answers);
}
