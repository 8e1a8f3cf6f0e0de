/** What continuing a text takes beside the model: keys and values of all positions, one piece's activations, logits. */
import type { Backend } from "../domain/model";
import { blockBytes, keyValueBytes, logitBytes, probabilityBytes } from "./activationMemory";
import type { ModelConfig } from "./config";
import { PIECE } from "./continueTokens";

export type GenerationSize = { batch: number; promptTokens: number; newTokens: number };

/** Bytes at the worst moment. Positions beyond the model's context are not read. */
export function estimateGenerationMemory(
  config: ModelConfig,
  backend: Backend,
  { batch, promptTokens, newTokens }: GenerationSize,
): number {
  const positions = Math.min(promptTokens + newTokens, config.contextLength);
  const piece = Math.min(promptTokens, PIECE);
  // A piece's own keys and values wait until its last block; then layer after layer is copied to its longer place.
  const cached = config.layers * keyValueBytes(config, batch * positions);
  const added = config.layers * keyValueBytes(config, batch * piece);
  const joined = keyValueBytes(config, batch * positions);
  const attention = probabilityBytes(config, backend, { batch, queries: piece, keys: positions });
  const logits = 2 * logitBytes(config, batch);
  return cached + added + Math.max(blockBytes(config, batch * piece) + attention, joined, logits);
}
