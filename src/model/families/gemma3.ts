/** Gemma 3 (text): norms on both sides of attention and MLP, two rotary bases, five sliding layers to one full. */
import { readRotary } from "../rotaryConfig";
import { llama, readLlamaLike } from "./llama";
import { LIMITS, readActivation, slidingLayers } from "./sizes";
import type { LayerAttention } from "../config";
import type { ConfigFields } from "../configFields";
import type { Family } from "./family";

const FULL = 0;
const SLIDING = 1;

export const gemma3: Family = {
  ...llama,
  name: "gemma3",
  modelType: "gemma3_text",
  architecture: "Gemma3ForCausalLM",
  readConfig(fields) {
    const config = readLlamaLike(fields, "gemma3", []);
    const { headDim, layers, residualWidth } = config;
    const attentionBias = fields.boolean("attention_bias", false);
    const queryScale = fields.number("query_pre_attn_scalar", { min: 1e-3, max: 1e6 }, 256);
    return {
      ...config,
      activation: readActivation(fields, "hidden_activation", "gelu_pytorch_tanh"),
      outputNorms: true,
      queryKeyNorm: true,
      queryKeyValueBias: attentionBias,
      attentionOutBias: attentionBias,
      attentionScale: 1 / Math.sqrt(queryScale),
      embeddingScale: Math.sqrt(residualWidth),
      rotaries: [
        readRotary(fields, { headDim, layerKind: "full_attention", defaultBase: 1e6 }),
        readRotary(fields, {
          headDim,
          layerKind: "sliding_attention",
          baseKey: "rope_local_base_freq",
          scaled: false,
        }),
      ],
      layerAttention: gemmaAttention(fields, layers),
      tiedOutput: fields.boolean("tie_word_embeddings", true),
    };
  },
  block: {
    ...llama.block,
    attnOutNorm: "post_attention_layernorm",
    mlpNorm: "pre_feedforward_layernorm",
    mlpOutNorm: "post_feedforward_layernorm",
    queryNorm: "self_attn.q_norm",
    keyNorm: "self_attn.k_norm",
  },
  gainOffset: 1,
};

function gemmaAttention(fields: ConfigFields, layers: number): readonly LayerAttention[] {
  const key = fields.has("_sliding_window_pattern") ? "_sliding_window_pattern" : "sliding_window_pattern";
  const period = fields.integer(key, LIMITS.layers, 6);
  const window = fields.integer("sliding_window", LIMITS.context, 4096);
  const slides = slidingLayers(fields, layers, (layer) => (layer + 1) % period !== 0);
  return slides.map((sliding) => (sliding ? { rotary: SLIDING, window } : { rotary: FULL }));
}
