import type { EditableWeights } from "../editing/stack";
import type { MatrixName } from "../model/weightNames";
import type { ModelWeights } from "../model/weights";

/** A model's matrices as the stack edits them, by canonical name; a file may name what this model does not have. */
export function editableWeights(weights: ModelWeights): EditableWeights {
  const known = (name: string): MatrixName | undefined =>
    weights.matrixNames.find((candidate) => candidate === name);
  return {
    shapeOf(name) {
      const matrix = known(name);
      if (matrix === undefined) return undefined;
      const { inFeatures, outFeatures } = weights.matrix(matrix);
      return { inFeatures, outFeatures };
    },
    readBase: (name) => weights.readBase(name as MatrixName),
    override: (name, weight) => weights.override(name as MatrixName, weight),
  };
}
