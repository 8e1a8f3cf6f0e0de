/** GPT-NeoX and Pythia: parallel residual with two norms, partial rotary, query-key-value fused per head. */
import { readRotary } from "../rotaryConfig";
import { linear } from "./family";
import { everyLayer, LIMITS, readActivation, readSizes } from "./sizes";
import type { Family, MatrixPlace } from "./family";

const fusedPart = (part: 0 | 1 | 2): MatrixPlace => ({
  ...linear("attention.query_key_value"),
  fused: { part, order: "perHead" },
});

export const gptNeoX: Family = {
  name: "gpt_neox",
  modelType: "gpt_neox",
  architecture: "GPTNeoXForCausalLM",
  readConfig(fields) {
    const sizes = readSizes(fields);
    const { headDim } = sizes;
    const attentionBias = fields.boolean("attention_bias", true);
    return {
      family: "gpt_neox",
      ...sizes,
      mlpWidth: fields.integer("intermediate_size", LIMITS.mlpWidth),
      norm: "layer",
      normEpsilon: fields.number("layer_norm_eps", LIMITS.epsilon, 1e-5),
      residual: fields.boolean("use_parallel_residual", true) ? "parallelTwoNorms" : "sequential",
      outputNorms: false,
      queryKeyNorm: false,
      queryKeyValueBias: attentionBias,
      attentionOutBias: attentionBias,
      mlpBias: true,
      logitBias: false,
      activation: readActivation(fields, "hidden_act", "gelu"),
      gatedMlp: false,
      attentionScale: 1 / Math.sqrt(headDim),
      embeddingScale: 1,
      learnedPositions: false,
      rotaries: [
        readRotary(fields, {
          headDim,
          baseKey: "rotary_emb_base",
          shareKey: "rotary_pct",
          defaultShare: 0.25,
        }),
      ],
      layerAttention: everyLayer(sizes.layers, { rotary: 0 }),
      tiedOutput: fields.boolean("tie_word_embeddings", false),
    };
  },
  prefixes: ["gpt_neox.", ""],
  embedding: "embed_in.weight",
  finalNorm: "final_layer_norm",
  output: "embed_out",
  blockPrefix: (layer) => `layers.${layer}.`,
  block: {
    attnNorm: "input_layernorm",
    mlpNorm: "post_attention_layernorm",
    attnQuery: fusedPart(0),
    attnKey: fusedPart(1),
    attnValue: fusedPart(2),
    attnOut: linear("attention.dense"),
    mlpIn: linear("mlp.dense_h_to_4h"),
    mlpOut: linear("mlp.dense_4h_to_h"),
  },
  gainOffset: 0,
};
