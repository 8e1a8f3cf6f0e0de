/** Mistral: Llama with a sliding window in every layer, where the file sets one. */
import { llama, readLlamaLike } from "./llama";
import { everyLayer, LIMITS } from "./sizes";
import type { Family } from "./family";

export const mistral: Family = {
  ...llama,
  name: "mistral",
  modelType: "mistral",
  architecture: "MistralForCausalLM",
  readConfig(fields) {
    const config = readLlamaLike(fields, "mistral");
    if (!fields.has("sliding_window")) return config;
    const window = fields.integer("sliding_window", LIMITS.context);
    return { ...config, layerAttention: everyLayer(config.layers, { rotary: 0, window }) };
  },
};
