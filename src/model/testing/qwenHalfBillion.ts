/** The shape of Qwen2.5-0.5B, the model that is to fit two gigabytes. */
import { parseModelConfig, type ModelConfig } from "../config";

export const qwenHalfBillion = (layers = 24): ModelConfig =>
  parseModelConfig({
    architectures: ["Qwen2ForCausalLM"],
    model_type: "qwen2",
    hidden_act: "silu",
    hidden_size: 896,
    intermediate_size: 4864,
    max_position_embeddings: 32768,
    num_attention_heads: 14,
    num_hidden_layers: layers,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 1_000_000,
    tie_word_embeddings: true,
    vocab_size: 151_936,
  });
