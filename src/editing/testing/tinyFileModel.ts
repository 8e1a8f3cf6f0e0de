/** A model as an edit file sees it: its identity, and the names and sizes of its weights. No weight is read. */
import type { ModelWeights } from "../../model/weights";
import type { EditFileModel } from "../editFileSchema";

export const FILE_MODEL: EditFileModel = {
  ref: "hf:someone/tiny@main",
  family: "gpt2",
  hash: "a".repeat(64),
  layers: 2,
  residualWidth: 3,
  mlpWidth: 4,
  vocabulary: 10,
};

/** A matrix [3, 4] and its bias. */
export const FILE_WEIGHT = "blocks.1.mlpOut";
export const FILE_BIAS = "blocks.1.mlpOut.bias";

export const fileWeights = {
  matrixNames: [FILE_WEIGHT],
  matrix: () => ({ inFeatures: 4, outFeatures: 3 }),
  vector: (name: string) => (name === FILE_BIAS ? { size: 3 } : undefined),
} as unknown as ModelWeights;
