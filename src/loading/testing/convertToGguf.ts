/**
 * The rules of llama.cpp's converter for architectures that no GGUF fixture has (names, +1 in Gemma's norms, sorted NeoX
 * heads, metadata keys), so that tests can write such a file from a Hugging Face checkpoint. No tokenizer is written.
 */
import type { Checkpoint } from "../checkpoint";
import { encodeGguf, type GgufScalar, type GgufTensorToWrite } from "./encodeGguf";

export type Config = Record<string, number | string | boolean | null>;

export type GgufRules = {
  model: string;
  architecture: string;
  /** Hugging Face part of a name → GGUF part, tried in order. */
  names: readonly (readonly [string, string])[];
  metadata: (config: Config) => Record<string, GgufScalar>;
  change?: (name: string, values: Float32Array, config: Config) => Float32Array;
  /** What the file cannot say; the original is read with these values instead. */
  original?: Config;
};

const ROTARY: GgufRules["names"] = [
  ["model.embed_tokens", "token_embd"],
  ["model.norm", "output_norm"],
  ["lm_head", "output"],
  ["model.layers.", "blk."],
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["self_attn.q_norm", "attn_q_norm"],
  ["self_attn.k_norm", "attn_k_norm"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
];

const u32 = (value: unknown): GgufScalar => ({ u32: value as number });
const f32 = (value: unknown): GgufScalar => ({ f32: value as number });

const sizes = (config: Config): Record<string, GgufScalar> => ({
  block_count: u32(config["num_hidden_layers"]),
  context_length: u32(config["max_position_embeddings"]),
  embedding_length: u32(config["hidden_size"]),
  feed_forward_length: u32(config["intermediate_size"]),
  "attention.head_count": u32(config["num_attention_heads"]),
});

const rotary = (config: Config): Record<string, GgufScalar> => ({
  ...sizes(config),
  "attention.head_count_kv": u32(config["num_key_value_heads"]),
  "attention.key_length": u32(config["head_dim"]),
  "attention.value_length": u32(config["head_dim"]),
  "attention.layer_norm_rms_epsilon": f32(config["rms_norm_eps"]),
  "rope.freq_base": f32(config["rope_theta"]),
});

const headWidth = (config: Config) =>
  (config["hidden_size"] as number) / (config["num_attention_heads"] as number);

/** [heads, 3, n] rows sorted into [3, heads, n]. */
function sortHeads(values: Float32Array, heads: number): Float32Array {
  const sorted = new Float32Array(values.length);
  const run = values.length / (3 * heads);
  for (let head = 0; head < heads; head++)
    for (let part = 0; part < 3; part++)
      sorted.set(
        values.subarray((head * 3 + part) * run, (head * 3 + part + 1) * run),
        (part * heads + head) * run,
      );
  return sorted;
}

export const GGUF_RULES: readonly GgufRules[] = [
  {
    model: "qwen3",
    architecture: "qwen3",
    names: [...ROTARY, ["input_layernorm", "attn_norm"], ["post_attention_layernorm", "ffn_norm"]],
    metadata: rotary,
  },
  {
    model: "gemma3",
    architecture: "gemma3",
    names: [
      ...ROTARY,
      ["input_layernorm", "attn_norm"],
      ["post_attention_layernorm", "post_attention_norm"],
      ["pre_feedforward_layernorm", "ffn_norm"],
      ["post_feedforward_layernorm", "post_ffw_norm"],
    ],
    metadata: (config) => ({ ...rotary(config), "attention.sliding_window": u32(config["sliding_window"]) }),
    change: (name, values) => (name.endsWith("norm.weight") ? values.map((value) => value + 1) : values),
    original: { query_pre_attn_scalar: 16 },
  },
  {
    model: "phi",
    architecture: "phi2",
    names: [
      ["model.embed_tokens", "token_embd"],
      ["model.final_layernorm", "output_norm"],
      ["lm_head", "output"],
      ["model.layers.", "blk."],
      ["input_layernorm", "attn_norm"],
      ["self_attn.q_proj", "attn_q"],
      ["self_attn.k_proj", "attn_k"],
      ["self_attn.v_proj", "attn_v"],
      ["self_attn.dense", "attn_output"],
      ["mlp.fc1", "ffn_up"],
      ["mlp.fc2", "ffn_down"],
    ],
    metadata: (config) => ({
      ...sizes(config),
      "attention.head_count_kv": u32(config["num_attention_heads"]),
      "attention.layer_norm_epsilon": f32(config["layer_norm_eps"]),
      "rope.dimension_count": u32((config["partial_rotary_factor"] as number) * headWidth(config)),
    }),
  },
  {
    model: "gpt_neox",
    architecture: "gptneox",
    names: [
      ["gpt_neox.embed_in", "token_embd"],
      ["gpt_neox.final_layer_norm", "output_norm"],
      ["embed_out", "output"],
      ["gpt_neox.layers.", "blk."],
      ["input_layernorm", "attn_norm"],
      ["post_attention_layernorm", "ffn_norm"],
      ["attention.query_key_value", "attn_qkv"],
      ["attention.dense", "attn_output"],
      ["mlp.dense_h_to_4h", "ffn_up"],
      ["mlp.dense_4h_to_h", "ffn_down"],
    ],
    metadata: (config) => ({
      ...sizes(config),
      "attention.layer_norm_epsilon": f32(config["layer_norm_eps"]),
      "rope.dimension_count": u32((config["rotary_pct"] as number) * headWidth(config)),
      use_parallel_residual: { bool: config["use_parallel_residual"] as boolean },
    }),
    change: (name, values, config) =>
      name.includes("query_key_value") ? sortHeads(values, config["num_attention_heads"] as number) : values,
  },
];

/** The checkpoint as a GGUF of that architecture. */
export async function convertToGguf(
  original: Checkpoint,
  rules: GgufRules,
): Promise<Uint8Array<ArrayBuffer>> {
  const config = original.config as Config;
  const tensors: GgufTensorToWrite[] = [];
  for (const [name, { shape }] of original.tensorNames) {
    const ggufName = rules.names.reduce((renamed, [from, to]) => renamed.replace(from, to), name);
    const values = await original.readTensor(name);
    const changed = rules.change?.(name, values, config) ?? values;
    tensors.push({ name: ggufName, dimensions: shape.toReversed(), values: changed });
  }
  const prefixed = Object.entries(rules.metadata(config)).map(
    ([key, value]) => [`${rules.architecture}.${key}`, value] as const,
  );
  const ids = ["bos", "eos"].map(
    (id) => [`tokenizer.ggml.${id}_token_id`, u32(config[`${id}_token_id`])] as const,
  );
  const metadata = {
    "general.architecture": { text: rules.architecture },
    ...Object.fromEntries([...prefixed, ...ids]),
  };
  return encodeGguf(metadata, tensors);
}
