/** What collecting second moments takes: one chunk's pass on the device, and sums in float64 in JavaScript. */
import type { Backend } from "../domain/model";
import { blockBytes, keyValueBytes, probabilityBytes, residualBytes } from "../model/activationMemory";
import type { ModelConfig } from "../model/config";
import { tokensAtOnce } from "./statistics";

export type StatisticsSize = { layers: number; longestText: number };

export type StatisticsMemory = {
  /** On the device, at the worst moment. */
  device: number;
  /** Sums, the last checkpoint and the product being added, in JavaScript. */
  javascript: number;
};

export function estimateStatisticsMemory(
  config: ModelConfig,
  backend: Backend,
  { layers, longestText }: StatisticsSize,
): StatisticsMemory {
  const text = Math.min(longestText, config.contextLength);
  const rows = Math.max(tokensAtOnce(config), text);
  const keys = 4 * rows * config.mlpWidth;
  const product = 4 * config.mlpWidth ** 2;
  const attention = probabilityBytes(config, backend, {
    batch: Math.ceil(rows / text),
    queries: text,
    keys: text,
  });
  const pass = blockBytes(config, rows) + keyValueBytes(config, rows) + attention;
  // The keys without padding, turned, and their product.
  const gram = 2 * keys + product;
  return {
    device: residualBytes(config, rows) + layers * keys + Math.max(pass, gram),
    javascript: layers * (8 + 4) * config.mlpWidth ** 2 + product,
  };
}
