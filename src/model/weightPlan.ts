/**
 * Where every weight of a configuration stands in a checkpoint and what shape it must have, checked before a byte of
 * it is read. Reading and placing the values is left to loadWeights.
 */
import { AppError } from "../lib/errors";
import type { ModelConfig } from "./config";
import { families } from "./families/families";
import type { BlockPlaces, Family, MatrixPlace } from "./families/family";
import { matrixName, type MatrixName, type MatrixRole, type NormRole } from "./weightNames";

export type StoredTensor = { name: string; shape: readonly number[] };

export type PlannedWeight =
  | {
      kind: "matrix";
      weight: MatrixName;
      stored: StoredTensor;
      inWidth: number;
      outWidth: number;
      place: MatrixPlace;
    }
  /** `offset` is added to every value; a fused bias is cut like its matrix. */
  | { kind: "vector"; weight: string; stored: StoredTensor; offset: number; place?: MatrixPlace }
  | { kind: "table"; weight: "embedding" | "output"; stored: StoredTensor }
  | { kind: "positions"; weight: "positions"; stored: StoredTensor };

/** What is known of a checkpoint's tensors before reading them. */
export type TensorDirectory = ReadonlyMap<string, { shape: readonly number[] }>;

/**
 * The weights in the order they are loaded and hashed. `prefix` is the one the checkpoint uses.
 * Throws `missing`, `bad-shape` or `unsupported` (a tensor that has no place), naming the tensor.
 */
export function planWeights(
  config: ModelConfig,
  directory: TensorDirectory,
): { prefix: string; plan: PlannedWeight[] } {
  const family = familyOf(config);
  const prefix = family.prefixes.find((one) => directory.has(one + family.embedding)) ?? family.prefixes[0]!;
  const plan = [...expectedWeights(config, prefix)];
  for (const { stored } of plan) checkStored(stored, directory);
  refuseStrangers(plan, family, directory);
  return { prefix, plan };
}

const familyOf = ({ family }: ModelConfig): Family => families.find(({ name }) => name === family)!;

/** Every weight the configuration asks for, in the order of loading; needs no checkpoint. */
export function* expectedWeights(
  config: ModelConfig,
  prefix = familyOf(config).prefixes[0]!,
): Generator<PlannedWeight> {
  const family = familyOf(config);
  yield* outerWeights(config, family, prefix);
  for (let layer = 0; layer < config.layers; layer++) yield* blockWeights(config, family, prefix, layer);
}

function* outerWeights(config: ModelConfig, family: Family, prefix: string): Generator<PlannedWeight> {
  const { vocabularySize, residualWidth, contextLength } = config;
  const table = [vocabularySize, residualWidth];
  yield { kind: "table", weight: "embedding", stored: { name: prefix + family.embedding, shape: table } };
  if (family.positions !== undefined) {
    const stored = { name: prefix + family.positions, shape: [contextLength, residualWidth] };
    yield { kind: "positions", weight: "positions", stored };
  }
  if (!config.tiedOutput) {
    yield { kind: "table", weight: "output", stored: { name: `${family.output}.weight`, shape: table } };
  }
  if (config.logitBias) {
    const stored = { name: `${family.output}.bias`, shape: [vocabularySize] };
    yield { kind: "vector", weight: "output.bias", stored, offset: 0 };
  }
  yield* normWeights(config, family, prefix + family.finalNorm, "finalNorm", residualWidth);
}

function* normWeights(
  config: ModelConfig,
  { gainOffset }: Family,
  module: string,
  weight: string,
  width: number,
): Generator<PlannedWeight> {
  const vector = { kind: "vector", stored: { name: `${module}.weight`, shape: [width] } } as const;
  yield { ...vector, weight, offset: gainOffset };
  if (config.norm === "rms") return;
  yield {
    ...vector,
    weight: `${weight}.bias`,
    stored: { name: `${module}.bias`, shape: [width] },
    offset: 0,
  };
}

function* blockWeights(
  config: ModelConfig,
  family: Family,
  prefix: string,
  layer: number,
): Generator<PlannedWeight> {
  const at = prefix + family.blockPrefix(layer);
  for (const role of NORMS) {
    const module = family.block[role];
    if (module === undefined) continue;
    const width = role === "queryNorm" || role === "keyNorm" ? config.headDim : config.residualWidth;
    yield* normWeights(config, family, at + module, `blocks.${layer}.${role}`, width);
  }
  // All matrices before all biases: the parts of a fused tensor follow each other, so that it is read once.
  yield* matrixWeights(config, family, at, layer);
  yield* biasWeights(config, family, at, layer);
}

function* matrixWeights(
  config: ModelConfig,
  { block }: Family,
  at: string,
  layer: number,
): Generator<PlannedWeight> {
  for (const role of MATRICES) {
    const place = block[role];
    if (place === undefined) continue;
    const [inWidth, outWidth] = matrixShape(config, role);
    const storedOut = place.fused === undefined ? outWidth : 3 * outWidth;
    const shape = place.stored === "inOut" ? [inWidth, storedOut] : [storedOut, inWidth];
    const stored = { name: `${at}${place.module}.weight`, shape };
    yield { kind: "matrix", weight: matrixName(layer, role), stored, inWidth, outWidth, place };
  }
}

function* biasWeights(
  config: ModelConfig,
  { block }: Family,
  at: string,
  layer: number,
): Generator<PlannedWeight> {
  for (const role of MATRICES) {
    const place = block[role];
    if (place === undefined || !hasBias(config, role)) continue;
    const width = matrixShape(config, role)[1] * (place.fused === undefined ? 1 : 3);
    const stored = { name: `${at}${place.module}.bias`, shape: [width] };
    yield { kind: "vector", weight: `${matrixName(layer, role)}.bias`, stored, offset: 0, place };
  }
}

const NORMS = [
  "attnNorm",
  "mlpNorm",
  "attnOutNorm",
  "mlpOutNorm",
  "queryNorm",
  "keyNorm",
] as const satisfies readonly (NormRole & keyof BlockPlaces)[];

const MATRICES = [
  "attnQuery",
  "attnKey",
  "attnValue",
  "attnOut",
  "mlpGate",
  "mlpIn",
  "mlpOut",
] as const satisfies readonly (MatrixRole & keyof BlockPlaces)[];

/** [in, out] of a block's matrix. */
function matrixShape(config: ModelConfig, role: MatrixRole): [number, number] {
  const { residualWidth, mlpWidth, heads, keyValueHeads, headDim } = config;
  switch (role) {
    case "attnQuery":
      return [residualWidth, heads * headDim];
    case "attnKey":
    case "attnValue":
      return [residualWidth, keyValueHeads * headDim];
    case "attnOut":
      return [heads * headDim, residualWidth];
    case "mlpGate":
    case "mlpIn":
      return [residualWidth, mlpWidth];
    case "mlpOut":
      return [mlpWidth, residualWidth];
  }
}

function hasBias(config: ModelConfig, role: MatrixRole): boolean {
  if (role === "attnOut") return config.attentionOutBias;
  return role.startsWith("mlp") ? config.mlpBias : config.queryKeyValueBias;
}

function checkStored({ name, shape }: StoredTensor, directory: TensorDirectory): void {
  const found = directory.get(name);
  if (found === undefined) {
    const remedy = "Check that all weight files are there and belong to this config.json.";
    throw new AppError("missing", `The checkpoint has no tensor “${name}”.`, remedy, { tensor: name });
  }
  if (found.shape.length === shape.length && found.shape.every((size, axis) => size === shape[axis])) return;
  throw new AppError(
    "bad-shape",
    `Tensor “${name}” has shape [${found.shape.join(", ")}], but config.json asks for [${shape.join(", ")}].`,
    "Check that the weights belong to this config.json.",
    { tensor: name },
  );
}

/** Buffers that are no weights, by their last two name parts: `c_attn.bias` is a weight, `attn.bias` a mask. */
const BUFFERS = new Set([
  "attn.bias",
  "attn.masked_bias",
  "attention.bias",
  "attention.masked_bias",
  "rotary_emb.inv_freq",
]);

/** A weight that would be left out silently makes another model; better to refuse. */
function refuseStrangers(plan: readonly PlannedWeight[], family: Family, directory: TensorDirectory): void {
  const used = new Set(plan.map(({ stored }) => stored.name));
  for (const name of directory.keys()) {
    // A tied model may still carry a copy of its output matrix.
    if (used.has(name) || name === `${family.output}.weight`) continue;
    if (BUFFERS.has(name.split(".").slice(-2).join("."))) continue;
    throw new AppError(
      "unsupported",
      `Tensor “${name.slice(0, 120)}” has no place in the architecture that config.json describes.`,
      "Check that the weights belong to this config.json and hold no adapter.",
      { tensor: name },
    );
  }
}
