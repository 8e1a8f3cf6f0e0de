/** Qwen2 and Qwen2.5: Llama with biases on query, key and value, and a window in the upper layers when switched on. */
import { llama, readLlamaLike } from "./llama";
import { LIMITS, slidingLayers } from "./sizes";
import type { LayerAttention, ModelConfig } from "../config";
import type { ConfigFields } from "../configFields";
import type { Family } from "./family";

export const qwen2: Family = {
  ...llama,
  name: "qwen2",
  modelType: "qwen2",
  architecture: "Qwen2ForCausalLM",
  readConfig(fields) {
    const config = readLlamaLike(fields, "qwen2");
    return { ...config, queryKeyValueBias: true, layerAttention: qwenAttention(fields, config) };
  },
};

/** Layers from `max_window_layers` on slide, but only when `use_sliding_window` is true. */
export function qwenAttention(fields: ConfigFields, { layers }: ModelConfig): readonly LayerAttention[] {
  const on = fields.boolean("use_sliding_window", false) && fields.has("sliding_window");
  const first = fields.integer("max_window_layers", { min: 0, max: LIMITS.layers.max }, 28);
  const slides = slidingLayers(fields, layers, (layer) => on && layer >= first);
  return slides.map((sliding) => {
    if (!sliding) return { rotary: 0 };
    return { rotary: 0, window: fields.integer("sliding_window", LIMITS.context) };
  });
}
