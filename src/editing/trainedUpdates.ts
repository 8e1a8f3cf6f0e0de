/** Trained changes as updates: matrices in mathematical orientation, biases and norms as vectors. */
import type { DenseUpdate, LowRankUpdate } from "../domain/edit";
import type { Model } from "../model/model";
import type { MatrixName } from "../model/weightNames";
import type { TrainedMaps, TrainedWeight } from "./trainedMaps";

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

/** ΔW = (α/r) Bᵀ Aᵀ in mathematical orientation: u = (α/r) Bᵀ [out, r], v = A [in, r]. */
export function lowRankUpdates(
  { weights }: Model,
  names: readonly MatrixName[],
  { parameters }: TrainedMaps,
  factor: number,
): LowRankUpdate[] {
  const [a, b] = parameters as [TrainedMaps["parameters"][number], TrainedMaps["parameters"][number]];
  const [rank, total] = b.shape as [number, number];
  let first = 0;
  return names.map((weight) => {
    const { inFeatures, outFeatures } = weights.matrix(weight);
    const u = new Float32Array(outFeatures * rank);
    for (let o = 0; o < outFeatures; o++)
      for (let r = 0; r < rank; r++) u[o * rank + r] = factor * b.values[r * total + first + o]!;
    first += outFeatures;
    return {
      kind: "lowRank",
      weight,
      out: outFeatures,
      in: inFeatures,
      rank,
      u,
      v: Float32Array.from(a.values),
    };
  });
}
