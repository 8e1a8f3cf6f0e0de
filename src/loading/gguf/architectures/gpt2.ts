/** GPT-2: learned positions, fused qkv, matrices that Hugging Face keeps as [in, out]. */
import { defined, tokenIds, type Architecture } from "../architecture";

export const gpt2: Architecture = {
  whole: {
    token_embd: "transformer.wte",
    position_embd: "transformer.wpe",
    output_norm: "transformer.ln_f",
    output: "lm_head",
  },
  block: {
    attn_norm: "ln_1",
    attn_qkv: ["attn.c_attn", "transposed"],
    attn_output: ["attn.c_proj", "transposed"],
    ffn_norm: "ln_2",
    ffn_up: ["mlp.c_fc", "transposed"],
    ffn_down: ["mlp.c_proj", "transposed"],
  },
  blockPrefix: "transformer.h.{}.",
  config(context) {
    const { metadata, prefix, vocabularySize, isTied } = context;
    return defined({
      model_type: "gpt2",
      architectures: ["GPT2LMHeadModel"],
      activation_function: "gelu_new",
      n_layer: metadata.number(`${prefix}block_count`),
      n_embd: metadata.number(`${prefix}embedding_length`),
      n_head: metadata.number(`${prefix}attention.head_count`),
      n_inner: metadata.optionalNumber(`${prefix}feed_forward_length`),
      n_positions: metadata.number(`${prefix}context_length`),
      layer_norm_epsilon: metadata.number(`${prefix}attention.layer_norm_epsilon`),
      tie_word_embeddings: isTied,
      vocab_size: vocabularySize,
      ...tokenIds(context),
    });
  },
};
