/** Trained changes as updates: matrices in mathematical orientation, biases and norms as vectors. */
import type { DenseUpdate } from "../domain/edit";
import type { TrainedWeight } from "./trainedMaps";

/** D [in, out] of a matrix or [n] of a vector as `W += D`, for every parameter of maps from `trainedMatrix`, `trainedNorm`. */
export function denseUpdates(maps: readonly TrainedWeight[]): DenseUpdate[] {
  return maps.flatMap(({ name, parameters }) =>
    parameters.map(({ shape, values }, at): DenseUpdate => {
      const weight = at === 0 ? name : `${name}.bias`;
      if (shape.length === 1) {
        return { kind: "dense", weight, out: shape[0]!, in: 1, values: Float32Array.from(values) };
      }
      const [inWidth, out] = shape as [number, number];
      const transposed = new Float32Array(values.length);
      for (let i = 0; i < inWidth; i++)
        for (let o = 0; o < out; o++) transposed[o * inWidth + i] = values[i * out + o]!;
      return { kind: "dense", weight, out, in: inWidth, values: transposed };
    }),
  );
}
