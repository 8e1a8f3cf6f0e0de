/** Gemma 3 (text): norms before and after each part, stored with one added; alternating windows; two rotary bases. */
import { defined, type Architecture } from "../architecture";
import { ROTARY_WHOLE, rotaryConfig } from "./llama";

/** Every sixth layer attends to everything, the others to a window; GGUF does not say so, llama.cpp knows it. */
const WINDOW_PATTERN = 6;
const LOCAL_ROPE_THETA = 10_000;

export const gemma3: Architecture = {
  whole: { ...ROTARY_WHOLE, output_norm: ["model.norm", "plusOne"] },
  block: {
    attn_norm: ["input_layernorm", "plusOne"],
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_output: "self_attn.o_proj",
    attn_q_norm: ["self_attn.q_norm", "plusOne"],
    attn_k_norm: ["self_attn.k_norm", "plusOne"],
    post_attention_norm: ["post_attention_layernorm", "plusOne"],
    ffn_norm: ["pre_feedforward_layernorm", "plusOne"],
    ffn_gate: "mlp.gate_proj",
    ffn_up: "mlp.up_proj",
    ffn_down: "mlp.down_proj",
    post_ffw_norm: ["post_feedforward_layernorm", "plusOne"],
  },
  blockPrefix: "model.layers.{}.",
  config(context) {
    const { metadata, prefix } = context;
    const base = rotaryConfig(context);
    const [layers, width, heads] = [
      base["num_hidden_layers"],
      base["hidden_size"],
      base["num_attention_heads"],
    ];
    const headDim = (base["head_dim"] as number | undefined) ?? 256;
    return defined({
      model_type: "gemma3_text",
      architectures: ["Gemma3ForCausalLM"],
      hidden_activation: "gelu_pytorch_tanh",
      ...base,
      head_dim: headDim,
      // Only the 27B model, known by its 62 layers, scales queries by width ÷ heads.
      query_pre_attn_scalar: layers === 62 ? (width as number) / (heads as number) : headDim,
      rope_theta: metadata.optionalNumber(`${prefix}rope.freq_base`) ?? 1_000_000,
      rope_local_base_freq: metadata.optionalNumber(`${prefix}rope.freq_base_swa`) ?? LOCAL_ROPE_THETA,
      sliding_window: metadata.number(`${prefix}attention.sliding_window`),
      sliding_window_pattern: WINDOW_PATTERN,
      attn_logit_softcapping: metadata.optionalNumber(`${prefix}attn_logit_softcapping`) ?? null,
      final_logit_softcapping: metadata.optionalNumber(`${prefix}final_logit_softcapping`) ?? null,
    });
  },
};
