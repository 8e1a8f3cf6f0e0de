/** Phi-1 and Phi-2: parallel residual with one norm, partial rotary, biases everywhere. */
import { readRotary } from "../rotaryConfig";
import { linear } from "./family";
import { everyLayer, LIMITS, readActivation, readSizes } from "./sizes";
import type { Family } from "./family";

export const phi: Family = {
  name: "phi",
  modelType: "phi",
  architecture: "PhiForCausalLM",
  readConfig(fields) {
    const sizes = readSizes(fields);
    if (fields.boolean("qk_layernorm", false)) {
      throw fields.fail(
        "unsupported",
        "qk_layernorm",
        "is true, which is not supported",
        "Choose another model.",
      );
    }
    return {
      family: "phi",
      ...sizes,
      mlpWidth: fields.integer("intermediate_size", LIMITS.mlpWidth),
      norm: "layer",
      normEpsilon: fields.number("layer_norm_eps", LIMITS.epsilon, 1e-5),
      residual: "parallelOneNorm",
      outputNorms: false,
      queryKeyNorm: false,
      queryKeyValueBias: true,
      attentionOutBias: true,
      mlpBias: true,
      logitBias: true,
      activation: readActivation(fields, "hidden_act", "gelu_new"),
      gatedMlp: false,
      attentionScale: 1 / Math.sqrt(sizes.headDim),
      embeddingScale: 1,
      learnedPositions: false,
      rotaries: [readRotary(fields, { headDim: sizes.headDim, defaultShare: 0.5 })],
      layerAttention: everyLayer(sizes.layers, { rotary: 0 }),
      tiedOutput: fields.boolean("tie_word_embeddings", false),
    };
  },
  prefixes: ["model.", ""],
  embedding: "embed_tokens.weight",
  finalNorm: "final_layernorm",
  output: "lm_head",
  blockPrefix: (layer) => `layers.${layer}.`,
  block: {
    attnNorm: "input_layernorm",
    attnQuery: linear("self_attn.q_proj"),
    attnKey: linear("self_attn.k_proj"),
    attnValue: linear("self_attn.v_proj"),
    attnOut: linear("self_attn.dense"),
    mlpIn: linear("mlp.fc1"),
    mlpOut: linear("mlp.fc2"),
  },
  gainOffset: 0,
};
