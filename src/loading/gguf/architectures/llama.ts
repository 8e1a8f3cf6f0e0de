/** Llama, SmolLM, Mistral (GGUF calls all of them llama), and Qwen 2 and 3, which differ in biases and norms. */
import { fault, quoted } from "../../fault";
import { defined, tokenIds, type Architecture, type ConfigContext, type NameTable } from "../architecture";
import { llama3Scaling } from "../llama3Scaling";

export const ROTARY_WHOLE: NameTable = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};

const BLOCK: NameTable = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};

/** What all families with rotary positions and gated MLPs state in the same way. */
export function rotaryConfig(context: ConfigContext): Record<string, unknown> {
  const { metadata, prefix, vocabularySize, isTied } = context;
  const heads = metadata.number(`${prefix}attention.head_count`);
  return defined({
    hidden_size: metadata.number(`${prefix}embedding_length`),
    intermediate_size: metadata.number(`${prefix}feed_forward_length`),
    num_hidden_layers: metadata.number(`${prefix}block_count`),
    num_attention_heads: heads,
    num_key_value_heads: metadata.optionalNumber(`${prefix}attention.head_count_kv`) ?? heads,
    head_dim: metadata.optionalNumber(`${prefix}attention.key_length`),
    max_position_embeddings: metadata.number(`${prefix}context_length`),
    rms_norm_eps: metadata.number(`${prefix}attention.layer_norm_rms_epsilon`),
    rope_theta: metadata.optionalNumber(`${prefix}rope.freq_base`) ?? 10_000,
    rope_scaling: ropeScaling(context),
    tie_word_embeddings: isTied,
    vocab_size: vocabularySize,
    ...tokenIds(context),
  });
}

function ropeScaling(context: ConfigContext): Record<string, unknown> | null {
  const { metadata, prefix, ropeFactors, file } = context;
  if (ropeFactors) {
    const theta = metadata.optionalNumber(`${prefix}rope.freq_base`) ?? 10_000;
    return llama3Scaling(ropeFactors, theta, file);
  }
  const type = metadata.optionalText(`${prefix}rope.scaling.type`) ?? "none";
  if (type === "none") return null;
  if (type === "linear")
    return { rope_type: "linear", factor: metadata.number(`${prefix}rope.scaling.factor`) };
  throw fault("unsupported", file, `${prefix}rope.scaling.type is ${quoted(type)}; none and linear are read`);
}

const hasBias = (tensors: ReadonlyMap<string, unknown>, part: string) => tensors.has(`blk.0.${part}.bias`);

export const llama: Architecture = {
  whole: ROTARY_WHOLE,
  block: { ...BLOCK, attn_q: ["self_attn.q_proj", "queryRows"], attn_k: ["self_attn.k_proj", "keyRows"] },
  blockPrefix: "model.layers.{}.",
  config(context) {
    const { metadata, prefix, tensors, file } = context;
    if ((metadata.optionalNumber(`${prefix}expert_count`) ?? 0) > 0) {
      throw fault("unsupported", file, `${prefix}expert_count: mixtures of experts are not run`);
    }
    const window = metadata.optionalNumber(`${prefix}attention.sliding_window`);
    const isMistral = window !== undefined && window > 0;
    return defined({
      model_type: isMistral ? "mistral" : "llama",
      architectures: [isMistral ? "MistralForCausalLM" : "LlamaForCausalLM"],
      hidden_act: "silu",
      ...rotaryConfig(context),
      attention_bias: hasBias(tensors, "attn_q"),
      mlp_bias: hasBias(tensors, "ffn_up"),
      sliding_window: isMistral ? window : undefined,
    });
  },
};

export const qwen2: Architecture = {
  whole: ROTARY_WHOLE,
  block: BLOCK,
  blockPrefix: "model.layers.{}.",
  config: (context) => ({
    model_type: "qwen2",
    architectures: ["Qwen2ForCausalLM"],
    hidden_act: "silu",
    ...rotaryConfig(context),
    use_sliding_window: false,
  }),
};

export const qwen3: Architecture = {
  whole: ROTARY_WHOLE,
  block: { ...BLOCK, attn_q_norm: "self_attn.q_norm", attn_k_norm: "self_attn.k_norm" },
  blockPrefix: "model.layers.{}.",
  config: (context) => ({
    model_type: "qwen3",
    architectures: ["Qwen3ForCausalLM"],
    hidden_act: "silu",
    ...rotaryConfig(context),
    attention_bias: hasBias(context.tensors, "attn_q"),
    use_sliding_window: false,
  }),
};
