/** Sizes every family states, under its own keys, with the bounds this engine accepts. */
import type { ActivationName, LayerAttention } from "../config";
import type { ConfigFields } from "../configFields";

export const LIMITS = {
  layers: { min: 1, max: 128 },
  width: { min: 1, max: 16_384 },
  mlpWidth: { min: 1, max: 131_072 },
  heads: { min: 1, max: 256 },
  headDim: { min: 1, max: 512 },
  vocabulary: { min: 1, max: 1_000_000 },
  context: { min: 1, max: 10_000_000 },
  epsilon: { min: 1e-12, max: 0.1 },
} as const;

type SizeKeys = {
  layers?: string;
  width?: string;
  heads?: string;
  context?: string;
};

/** Layers, widths, heads, vocabulary and context length. Grouped heads and head_dim are read where a family has them. */
export function readSizes(fields: ConfigFields, keys: SizeKeys = {}) {
  const widthKey = keys.width ?? "hidden_size";
  const headsKey = keys.heads ?? "num_attention_heads";
  const residualWidth = fields.integer(widthKey, LIMITS.width);
  const heads = fields.integer(headsKey, LIMITS.heads);
  const keyValueHeads = fields.integer("num_key_value_heads", LIMITS.heads, heads);
  if (heads % keyValueHeads !== 0) {
    throw fields.fail(
      "bad-config",
      "num_key_value_heads",
      `is ${keyValueHeads}, which does not divide ${heads} heads`,
    );
  }
  if (!fields.has("head_dim") && residualWidth % heads !== 0) {
    throw fields.fail(
      "bad-config",
      headsKey,
      `is ${heads}, which does not divide ${widthKey} ${residualWidth}`,
    );
  }
  const vocabularySize = fields.integer("vocab_size", LIMITS.vocabulary);
  const bosId = fields.tokenIds("bos_token_id", vocabularySize)[0];
  return {
    layers: fields.integer(keys.layers ?? "num_hidden_layers", LIMITS.layers),
    residualWidth,
    heads,
    keyValueHeads,
    headDim: fields.integer("head_dim", LIMITS.headDim, residualWidth / heads),
    vocabularySize,
    contextLength: fields.integer(keys.context ?? "max_position_embeddings", LIMITS.context),
    ...(bosId === undefined ? {} : { bosId }),
    endIds: fields.tokenIds("eos_token_id", vocabularySize),
  };
}

const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  gelu: "gelu",
  gelu_new: "gelu_new",
  gelu_fast: "gelu_new",
  gelu_pytorch_tanh: "gelu_tanh",
  silu: "silu",
  swish: "silu",
};

/** The activation under `key`. Throws `unsupported` for others. */
export function readActivation(fields: ConfigFields, key: string, fallback?: string): ActivationName {
  const name = fields.text(key, fallback);
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation !== undefined) return activation;
  const known = Object.keys(ACTIVATIONS).join(", ");
  throw fields.fail(
    "unsupported",
    key,
    `is “${name.slice(0, 40)}”; known are ${known}`,
    "Choose another model.",
  );
}

/** The same attention in every layer. */
export function everyLayer(layers: number, attention: LayerAttention): readonly LayerAttention[] {
  return Array.from({ length: layers }, () => attention);
}

/**
 * Which layers use the sliding window: `layer_types` where the file has it, else the family's rule.
 * Throws `bad-config` when the list's length is wrong, `unsupported` for other kinds of layer.
 */
export function slidingLayers(
  fields: ConfigFields,
  layers: number,
  rule: (layer: number) => boolean,
): readonly boolean[] {
  const kinds = fields.texts("layer_types");
  if (kinds === undefined) return Array.from({ length: layers }, (_, layer) => rule(layer));
  if (kinds.length !== layers) {
    throw fields.fail(
      "bad-config",
      "layer_types",
      `names ${kinds.length} layers, but the model has ${layers}`,
    );
  }
  return kinds.map((kind) => {
    if (kind === "sliding_attention") return true;
    if (kind === "full_attention") return false;
    throw fields.fail("unsupported", "layer_types", `holds “${kind.slice(0, 40)}”`, "Choose another model.");
  });
}
