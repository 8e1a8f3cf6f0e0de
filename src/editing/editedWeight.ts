/** A weight with edits on it, matrix or vector alike: its base values, its size, and laying it over the model's own. */
import { dispose, keep, read, tensor } from "../gpu/tensor";
import { createLinear, readLinear } from "../gpu/weights";
import { AppError } from "../lib/errors";
import { areFinite } from "../lib/finite";
import type { MatrixName } from "../model/weightNames";
import type { ModelWeights } from "../model/weights";

export type EditedWeight = {
  layOver(): void;
  takeAway(): void;
  dispose(): void;
  /** As they were given: float32, to the bit. */
  values(): Promise<Float32Array>;
};

const matrixNamed = (weights: ModelWeights, name: string): MatrixName | undefined =>
  weights.matrixNames.find((candidate) => candidate === name);

/** [inFeatures, outFeatures] as edits count them; a vector is a matrix with one input. Undefined: no such weight. */
export function sizeOfWeight(
  weights: ModelWeights,
  name: string,
): { inFeatures: number; outFeatures: number } | undefined {
  const matrix = matrixNamed(weights, name);
  if (matrix) return weights.matrix(matrix);
  const vector = weights.vector(name);
  return vector && { inFeatures: 1, outFeatures: vector.size };
}

/** The checkpoint's values: [in, out] of a matrix, or a vector. Throws AppError `wrong-model` for unknown names. */
export async function readBaseWeight(weights: ModelWeights, name: string): Promise<Float32Array> {
  const matrix = matrixNamed(weights, name);
  if (matrix) return weights.readBase(matrix);
  if (weights.vector(name)) return weights.readBaseVector(name);
  throw new AppError(
    "wrong-model",
    `The model has no weight “${name}”.`,
    "Load the model the edit was made on.",
  );
}

/** These values on the backend, ready to be laid over the base ones. Throws AppError `not-finite`. */
export function createEdited(weights: ModelWeights, name: string, values: Float32Array): EditedWeight {
  if (!areFinite(values)) {
    const message = `The edits together make “${name}” larger than a number can be.`;
    throw new AppError("not-finite", message, "Leave out the largest of them.", { weight: name });
  }
  const matrix = matrixNamed(weights, name);
  if (matrix) {
    const { inFeatures, outFeatures } = weights.matrix(matrix);
    const weight = createLinear(values, inFeatures, outFeatures);
    return {
      layOver: () => weights.override(matrix, weight),
      takeAway: () => weights.override(matrix, undefined),
      dispose: () => weight.dispose(),
      values: () => readLinear(weight),
    };
  }
  const vector = keep(tensor(values, [values.length]));
  return {
    layOver: () => weights.overrideVector(name, vector),
    takeAway: () => weights.overrideVector(name, undefined),
    dispose: () => dispose(vector),
    values: () => read(vector),
  };
}
