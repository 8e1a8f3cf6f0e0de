/** Llama (SmolLM too): RMS norms, rotary positions, grouped heads, a gated MLP. Its descendants start from here. */
import { readRotary } from "../rotaryConfig";
import { linear } from "./family";
import { everyLayer, LIMITS, readActivation, readSizes } from "./sizes";
import type { ModelFamily } from "../../domain/model";
import type { ModelConfig } from "../config";
import type { ConfigFields } from "../configFields";
import type { RotaryConfig } from "../rotaryConfig";
import type { Family } from "./family";

/** What Llama and its descendants share; each descendant states what differs. Rotary settings are read unless given. */
export function readLlamaLike(
  fields: ConfigFields,
  family: ModelFamily,
  rotaries?: readonly RotaryConfig[],
): ModelConfig {
  const sizes = readSizes(fields);
  return {
    family,
    ...sizes,
    mlpWidth: fields.integer("intermediate_size", LIMITS.mlpWidth),
    norm: "rms",
    normEpsilon: fields.number("rms_norm_eps", LIMITS.epsilon, 1e-6),
    residual: "sequential",
    outputNorms: false,
    queryKeyNorm: false,
    queryKeyValueBias: false,
    attentionOutBias: false,
    mlpBias: false,
    logitBias: false,
    activation: readActivation(fields, "hidden_act", "silu"),
    gatedMlp: true,
    attentionScale: 1 / Math.sqrt(sizes.headDim),
    embeddingScale: 1,
    learnedPositions: false,
    rotaries: rotaries ?? [readRotary(fields, { headDim: sizes.headDim })],
    layerAttention: everyLayer(sizes.layers, { rotary: 0 }),
    tiedOutput: fields.boolean("tie_word_embeddings", false),
  };
}

export const llama: Family = {
  name: "llama",
  modelType: "llama",
  architecture: "LlamaForCausalLM",
  readConfig(fields) {
    const attentionBias = fields.boolean("attention_bias", false);
    return {
      ...readLlamaLike(fields, "llama"),
      queryKeyValueBias: attentionBias,
      attentionOutBias: attentionBias,
      mlpBias: fields.boolean("mlp_bias", false),
    };
  },
  prefixes: ["model.", ""],
  embedding: "embed_tokens.weight",
  finalNorm: "norm",
  output: "lm_head",
  blockPrefix: (layer) => `layers.${layer}.`,
  block: {
    attnNorm: "input_layernorm",
    mlpNorm: "post_attention_layernorm",
    attnQuery: linear("self_attn.q_proj"),
    attnKey: linear("self_attn.k_proj"),
    attnValue: linear("self_attn.v_proj"),
    attnOut: linear("self_attn.o_proj"),
    mlpGate: linear("mlp.gate_proj"),
    mlpIn: linear("mlp.up_proj"),
    mlpOut: linear("mlp.down_proj"),
  },
  gainOffset: 0,
};
