/** Qwen3: Llama with a norm on each head's query and key. */
import { llama, readLlamaLike } from "./llama";
import { qwenAttention } from "./qwen2";
import type { Family } from "./family";

export const qwen3: Family = {
  ...llama,
  name: "qwen3",
  modelType: "qwen3",
  architecture: "Qwen3ForCausalLM",
  readConfig(fields) {
    const config = readLlamaLike(fields, "qwen3");
    const attentionBias = fields.boolean("attention_bias", false);
    return {
      ...config,
      queryKeyNorm: true,
      queryKeyValueBias: attentionBias,
      attentionOutBias: attentionBias,
      layerAttention: qwenAttention(fields, config),
    };
  },
  block: { ...llama.block, queryNorm: "self_attn.q_norm", keyNorm: "self_attn.k_norm" },
};
