/** Attention probabilities for looking at: the forward pass itself never forms them. */
import { attentionProbabilities } from "../gpu/ops";
import type { Tensor } from "../gpu/tensor";
import type { KeyValue } from "./cache";
import type { Model } from "./model";

/**
 * Probabilities [B, heads, Sq, P + S] of one layer from its activations at `attnQuery` and `attnKey`.
 */
export function attentionMap(
  { config }: Model,
  layer: number,
  { query, key, prefix }: { query: Tensor; key: Tensor; prefix?: KeyValue },
): Tensor {
  const { heads, keyValueHeads, attentionScale: scale } = config;
  const window = config.layerAttention[layer]?.window;
  // The values take no part in the probabilities.
  return attentionProbabilities({ query, key, value: key, heads, keyValueHeads, scale, window, prefix });
}
