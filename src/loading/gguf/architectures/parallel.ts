/** GPT-NeoX (Pythia) and Phi: layer norms with biases, rotary positions on part of each head. */
import { defined, tokenIds, type Architecture, type ConfigContext } from "../architecture";

/** Size and norm of both families, by the names they share. */
function sharedConfig(context: ConfigContext): Record<string, unknown> {
  const { metadata, prefix, vocabularySize, isTied } = context;
  return {
    hidden_size: metadata.number(`${prefix}embedding_length`),
    intermediate_size: metadata.number(`${prefix}feed_forward_length`),
    num_hidden_layers: metadata.number(`${prefix}block_count`),
    num_attention_heads: metadata.number(`${prefix}attention.head_count`),
    max_position_embeddings: metadata.number(`${prefix}context_length`),
    layer_norm_eps: metadata.number(`${prefix}attention.layer_norm_epsilon`),
    tie_word_embeddings: isTied,
    vocab_size: vocabularySize,
    ...tokenIds(context),
  };
}

function rotaryFraction({ metadata, prefix }: ConfigContext): number {
  const headDim =
    metadata.number(`${prefix}embedding_length`) / metadata.number(`${prefix}attention.head_count`);
  return (metadata.optionalNumber(`${prefix}rope.dimension_count`) ?? headDim) / headDim;
}

export const gptneox: Architecture = {
  whole: { token_embd: "gpt_neox.embed_in", output_norm: "gpt_neox.final_layer_norm", output: "embed_out" },
  block: {
    attn_norm: "input_layernorm",
    attn_qkv: ["attention.query_key_value", "groupedQkv"],
    attn_output: "attention.dense",
    ffn_norm: "post_attention_layernorm",
    ffn_up: "mlp.dense_h_to_4h",
    ffn_down: "mlp.dense_4h_to_h",
  },
  blockPrefix: "gpt_neox.layers.{}.",
  config: (context) =>
    defined({
      model_type: "gpt_neox",
      architectures: ["GPTNeoXForCausalLM"],
      hidden_act: "gelu",
      ...sharedConfig(context),
      rotary_pct: rotaryFraction(context),
      rotary_emb_base: context.metadata.optionalNumber(`${context.prefix}rope.freq_base`) ?? 10_000,
      use_parallel_residual:
        context.metadata.optionalBoolean(`${context.prefix}use_parallel_residual`) ?? true,
    }),
};

export const phi2: Architecture = {
  whole: { token_embd: "model.embed_tokens", output_norm: "model.final_layernorm", output: "lm_head" },
  block: {
    attn_norm: "input_layernorm",
    attn_qkv: ["self_attn.", "splitQkv"],
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_output: "self_attn.dense",
    ffn_up: "mlp.fc1",
    ffn_down: "mlp.fc2",
  },
  blockPrefix: "model.layers.{}.",
  config(context) {
    const { metadata, prefix } = context;
    const heads = metadata.number(`${prefix}attention.head_count`);
    return defined({
      model_type: "phi",
      architectures: ["PhiForCausalLM"],
      hidden_act: "gelu_new",
      ...sharedConfig(context),
      num_key_value_heads: metadata.optionalNumber(`${prefix}attention.head_count_kv`) ?? heads,
      partial_rotary_factor: rotaryFraction(context),
      rope_theta: metadata.optionalNumber(`${prefix}rope.freq_base`) ?? 10_000,
      qk_layernorm: false,
    });
  },
};
