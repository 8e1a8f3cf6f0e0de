/** GPT-2: learned positions, fused query-key-value, matrices stored [in, out]. */
import { everyLayer, LIMITS, readActivation, readSizes } from "./sizes";
import type { Family, MatrixPlace } from "./family";

const conv1d = (module: string): MatrixPlace => ({ module, stored: "inOut" });
const fusedPart = (part: 0 | 1 | 2): MatrixPlace => ({
  ...conv1d("attn.c_attn"),
  fused: { part, order: "thirds" },
});

export const gpt2: Family = {
  name: "gpt2",
  modelType: "gpt2",
  architecture: "GPT2LMHeadModel",
  readConfig(fields) {
    const sizes = readSizes(fields, {
      layers: "n_layer",
      width: "n_embd",
      heads: "n_head",
      context: "n_positions",
    });
    if (fields.boolean("scale_attn_by_inverse_layer_idx", false)) {
      throw fields.fail("unsupported", "scale_attn_by_inverse_layer_idx", "is true", "Choose another model.");
    }
    return {
      family: "gpt2",
      ...sizes,
      mlpWidth: fields.integer("n_inner", LIMITS.mlpWidth, 4 * sizes.residualWidth),
      norm: "layer",
      normEpsilon: fields.number("layer_norm_epsilon", LIMITS.epsilon, 1e-5),
      residual: "sequential",
      outputNorms: false,
      queryKeyNorm: false,
      queryKeyValueBias: true,
      attentionOutBias: true,
      mlpBias: true,
      logitBias: false,
      activation: readActivation(fields, "activation_function", "gelu_new"),
      gatedMlp: false,
      attentionScale: fields.boolean("scale_attn_weights", true) ? 1 / Math.sqrt(sizes.headDim) : 1,
      embeddingScale: 1,
      learnedPositions: true,
      rotaries: [],
      layerAttention: everyLayer(sizes.layers, {}),
      tiedOutput: fields.boolean("tie_word_embeddings", true),
    };
  },
  prefixes: ["transformer.", ""],
  embedding: "wte.weight",
  positions: "wpe.weight",
  finalNorm: "ln_f",
  output: "lm_head",
  blockPrefix: (layer) => `h.${layer}.`,
  block: {
    attnNorm: "ln_1",
    mlpNorm: "ln_2",
    attnQuery: fusedPart(0),
    attnKey: fusedPart(1),
    attnValue: fusedPart(2),
    attnOut: conv1d("attn.c_proj"),
    mlpIn: conv1d("mlp.c_fc"),
    mlpOut: conv1d("mlp.c_proj"),
  },
  gainOffset: 0,
};
