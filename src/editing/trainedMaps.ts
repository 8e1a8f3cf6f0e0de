/**
 * Training inside a frozen model: parameters that stand behind linear maps and norms as adapters, so that the checkpoint's
 * weights stay as they are and gradients go to the change alone. Fine-tuning, LoRA and UnKE say which maps, and the loss.
 */
import { add, flatRows, matmul, mul, reshape, scale, split, valueAndGradients } from "../gpu/ops";
import { dispose, read, tensor, type Tensor } from "../gpu/tensor";
import { readLinear } from "../gpu/weights";
import { invariant } from "../lib/errors";
import type { Model } from "../model/model";
import { normaliseWith } from "../model/projections";
import type { MatrixName, NormName } from "../model/weightNames";
import type { Adapter } from "../model/weights";

/** A parameter array, changed in place by whoever trains. */
export type TrainedParameter = { shape: readonly number[]; values: Float64Array };

/** Parameters, and the adapters they make behind one map or norm, or behind several that share them. */
export type TrainedMaps = {
  parameters: readonly TrainedParameter[];
  behind(values: readonly Tensor[]): readonly (readonly [MatrixName | NormName, Adapter])[];
};

/** Parameters that are changes of one weight: the matrix or norm, and its bias where it has one. */
export type TrainedWeight = TrainedMaps & { name: MatrixName | NormName };

/** The loss with the parameters in place, and its gradient by each, in the order of the maps. `loss` gives a scalar. */
export async function lossAndGradients(
  { weights }: Model,
  maps: readonly TrainedMaps[],
  loss: () => Tensor,
): Promise<{ value: number; gradients: Float32Array[] }> {
  const inputs = maps.flatMap(({ parameters }) =>
    parameters.map(({ shape, values }) => tensor(Float32Array.from(values), shape)),
  );
  try {
    const { value, gradients } = valueAndGradients((...xs) => {
      let at = 0;
      const adapters = maps.flatMap(({ parameters, behind }) =>
        behind(xs.slice(at, (at += parameters.length))),
      );
      // A codebook that stands there is left out while something is trained in its place.
      const standing = adapters.map(([name]) => weights.adapter(name));
      try {
        for (const [name, adapter] of adapters) weights.adapt(name, adapter);
        return loss();
      } finally {
        adapters.forEach(([name], index) => weights.adapt(name, standing[index]));
      }
    }, inputs);
    const numbers = (await read(value))[0]!;
    const arrays: Float32Array[] = [];
    for (const gradient of gradients) arrays.push(await read(gradient));
    dispose(value, ...gradients);
    return { value: numbers, gradients: arrays };
  } finally {
    dispose(...inputs);
  }
}

const zeros = (shape: readonly number[]): TrainedParameter => ({
  shape,
  values: new Float64Array(shape.reduce((product, extent) => product * extent, 1)),
});

/** W + D and, where the map has one, b + e: D [in, out] and e [out] are trained from zero. */
export function trainedMatrix({ weights }: Model, name: MatrixName): TrainedWeight {
  const { inFeatures, outFeatures } = weights.matrix(name);
  const hasBias = weights.vector(`${name}.bias`) !== undefined;
  return {
    name,
    parameters: [zeros([inFeatures, outFeatures]), ...(hasBias ? [zeros([outFeatures])] : [])],
    behind: ([change, shift]) => {
      const adapter: Adapter = (input, output) => {
        const moved = add(output, rows(input, change!, output.shape));
        return shift ? add(moved, atEveryRow(shift, output.shape)) : moved;
      };
      return [[name, adapter]];
    },
  };
}

/** A norm's gain and bias, trained as changes. */
export function trainedNorm(model: Model, name: NormName): TrainedWeight {
  const gain = model.weights.vector(name);
  invariant(gain, `the model has a norm ${name}`);
  const width = gain.size;
  const hasBias = model.weights.vector(`${name}.bias`) !== undefined;
  return {
    name,
    parameters: [zeros([width]), ...(hasBias ? [zeros([width])] : [])],
    behind: ([change, shift]) => {
      const adapter: Adapter = (input, output) => {
        const one = tensor(new Float32Array(width).fill(1), [width]);
        const none = tensor(new Float32Array(width), [width]);
        const gained = atEveryRow(change!, output.shape);
        const moved = add(output, mul(normaliseWith(model, input, one, none), gained));
        return shift ? add(moved, atEveryRow(shift, output.shape)) : moved;
      };
      return [[name, adapter]];
    },
  };
}

/**
 * W + s A B with A [in, r] and B [r, out]. Several matrices with one input may share A, as where a checkpoint holds them
 * as one (GPT-2's c_attn): B's columns are then theirs side by side.
 */
export function trainedLowRank(
  { weights }: Model,
  names: readonly MatrixName[],
  factor: number,
  down: TrainedParameter,
): TrainedMaps {
  const rank = down.shape[1]!;
  const widths = names.map((name) => weights.matrix(name).outFeatures);
  const up = zeros([rank, widths.reduce((sum, width) => sum + width, 0)]);
  return {
    parameters: [down, up],
    behind: ([a, b]) => {
      const parts = split(b!, widths, 1);
      return names.map((name, at): readonly [MatrixName, Adapter] => [
        name,
        (input, output) => {
          const inner = rows(input, a!, [...input.shape.slice(0, -1), rank]);
          return add(output, scale(rows(inner, parts[at]!, output.shape), factor));
        },
      ]);
    },
  };
}

/** x [.., in] W [in, out] in the wanted shape. */
const rows = (x: Tensor, matrix: Tensor, shape: readonly number[]): Tensor =>
  reshape(matmul(flatRows(x), matrix), shape);

/**
 * A vector [width] repeated to [.., width]. By a product, so that its gradient, the sum over all rows, is one too: the sum
 * down columns that a broadcast asks of tfjs takes a software GPU a hundred times as long.
 */
function atEveryRow(vector: Tensor, shape: readonly number[]): Tensor {
  const height = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const ones = tensor(new Float32Array(height).fill(1), [height, 1]);
  return reshape(matmul(ones, reshape(vector, [1, -1])), shape);
}

/** The values in use of each of a map's parameters: what decay pulls on, and clamps are measured from. */
export async function valuesInUse(
  { weights }: Model,
  { name, parameters }: TrainedWeight,
): Promise<Float32Array[]> {
  const matrix = weights.matrixNames.find((candidate) => candidate === name);
  const main = matrix ? await readLinear(weights.matrix(matrix)) : await read(weights.vector(name)!);
  const bias = weights.vector(`${name}.bias`);
  return parameters.length > 1 && bias ? [main, await read(bias)] : [main];
}
