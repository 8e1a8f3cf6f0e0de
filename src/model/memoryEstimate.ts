/**
 * What a model will take, from its configuration alone: for refusing what cannot fit, and for choosing how weights
 * are kept, before anything is downloaded. Jobs have estimates of their own beside their code.
 */
import type { Backend, ModelMemory, Precision } from "../domain/model";
import { weightBytes, type WeightLayout } from "../gpu/weightLayout";
import type { ModelConfig } from "./config";
import { FIRST_LENGTH } from "./rotaryTables";
import { expectedWeights, type PlannedWeight } from "./weightPlan";

/** Best first: the order in which an automatic choice tries them. */
export const PRECISIONS = ["float32", "float16", "int8"] as const satisfies readonly Precision[];

export type EstimateOptions = { precision: Precision; backend: Backend };

const LAYOUTS = {
  float32: "panels8",
  float16: "panels8Float16",
  int8: "panels8Int8",
} as const satisfies Record<Precision, WeightLayout>;

/** What tfjs's WebAssembly module begins with. */
const WASM_START_BYTES = 16 * 2 ** 20;
/** The module's memory grows by a fifth of what it holds, but by no more than this, and never shrinks. */
const WASM_GROWTH_SHARE = 0.2;
const WASM_GROWTH_BYTES = 96 * 2 ** 20;

/** Raw bytes, rearranged rows and packed panels in JavaScript beside the tensor being read (tensorReader.ts). */
const LOADING_PIECES = (16 + 16 + 8) * 2 ** 20;
/** Tables come in pieces of this size (weights.ts). */
const TABLE_PIECE = 16 * 2 ** 20;

/** Bytes that loading the model will take; within 5 % of what is measured, and never more than 5 % below it. */
export function estimateModelMemory(
  config: ModelConfig,
  { precision, backend }: EstimateOptions,
): ModelMemory {
  let weights = 0;
  let largest = 0;
  for (const planned of expectedWeights(config)) {
    weights += bytesOnDevice(planned, LAYOUTS[precision]);
    largest = Math.max(largest, bytesWhileRead(planned));
  }
  const held = heldBy(backend, weights + rotaryBytes(config));
  return { precision, weights, held, loading: largest + LOADING_PIECES };
}

/** What a backend holds when `bytes` of tensors are alive on it. */
export function heldBy(backend: Backend, bytes: number): number {
  if (backend !== "wasm") return bytes;
  const filled = WASM_START_BYTES + bytes;
  return filled + Math.min(WASM_GROWTH_SHARE * filled, WASM_GROWTH_BYTES);
}

function bytesOnDevice(planned: PlannedWeight, layout: WeightLayout): number {
  switch (planned.kind) {
    case "matrix":
      return weightBytes({ inFeatures: planned.inWidth, outFeatures: planned.outWidth, layout });
    case "table": {
      const [outFeatures, inFeatures] = planned.stored.shape as readonly [number, number];
      return weightBytes({ inFeatures, outFeatures, layout });
    }
    case "vector":
      // A part of a fused bias is a third of what is stored.
      return float32Bytes(planned) / (planned.place?.fused === undefined ? 1 : 3);
    case "positions":
      return float32Bytes(planned);
  }
}

/** The stored tensor as float32, and the part cut out of a fused one. */
function bytesWhileRead(planned: PlannedWeight): number {
  if (planned.kind === "table") return TABLE_PIECE;
  const isFused = planned.kind === "matrix" && planned.place.fused !== undefined;
  return float32Bytes(planned) * (isFused ? 4 / 3 : 1);
}

const float32Bytes = ({ stored }: PlannedWeight): number =>
  4 * stored.shape.reduce((product, extent) => product * extent, 1);

/** Cosines and sines of the first prompts; longer ones make the tables grow. */
function rotaryBytes({ rotaries, contextLength }: ModelConfig): number {
  const positions = Math.min(FIRST_LENGTH, contextLength);
  return rotaries.reduce((sum, { dims }) => sum + 4 * positions * dims, 0);
}
