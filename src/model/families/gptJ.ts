/** GPT-J: parallel residual with one norm, interleaved rotary pairs, a bias on the logits. */
import { evenDims } from "../rotaryConfig";
import { linear } from "./family";
import { everyLayer, LIMITS, readActivation, readSizes } from "./sizes";
import type { Family } from "./family";

export const gptJ: Family = {
  name: "gptj",
  modelType: "gptj",
  architecture: "GPTJForCausalLM",
  readConfig(fields) {
    const sizes = readSizes(fields, {
      layers: "n_layer",
      width: "n_embd",
      heads: "n_head",
      context: "n_positions",
    });
    const { headDim } = sizes;
    const dims = evenDims(fields, fields.integer("rotary_dim", { min: 2, max: headDim }, headDim));
    return {
      family: "gptj",
      ...sizes,
      mlpWidth: fields.integer("n_inner", LIMITS.mlpWidth, 4 * sizes.residualWidth),
      norm: "layer",
      normEpsilon: fields.number("layer_norm_epsilon", LIMITS.epsilon, 1e-5),
      residual: "parallelOneNorm",
      outputNorms: false,
      queryKeyNorm: false,
      queryKeyValueBias: false,
      attentionOutBias: false,
      mlpBias: true,
      logitBias: true,
      activation: readActivation(fields, "activation_function", "gelu_new"),
      gatedMlp: false,
      attentionScale: 1 / Math.sqrt(headDim),
      embeddingScale: 1,
      learnedPositions: false,
      rotaries: [{ dims, style: "interleaved", base: 10_000, scaling: { kind: "none" } }],
      layerAttention: everyLayer(sizes.layers, { rotary: 0 }),
      tiedOutput: fields.boolean("tie_word_embeddings", false),
    };
  },
  prefixes: ["transformer.", ""],
  embedding: "wte.weight",
  finalNorm: "ln_f",
  output: "lm_head",
  blockPrefix: (layer) => `h.${layer}.`,
  block: {
    attnNorm: "ln_1",
    attnQuery: linear("attn.q_proj"),
    attnKey: linear("attn.k_proj"),
    attnValue: linear("attn.v_proj"),
    attnOut: linear("attn.out_proj"),
    mlpIn: linear("mlp.fc_in"),
    mlpOut: linear("mlp.fc_out"),
  },
  gainOffset: 0,
};
