/** A hyper-network for any model, untrained: what every method promises does not depend on its numbers. */
import { legacyRandom } from "../../lib/random/legacyRandom";
import type { Model } from "../../model/model";
import { matrixName } from "../../model/weightNames";
import type { HyperNetwork } from "../hyperNetwork";

export function randomHyperNetwork({ hash, weights }: Model, layer: number, rank = 2): HyperNetwork {
  const { normal } = legacyRandom(3);
  const values = (length: number, size: number) => Float32Array.from({ length }, () => size * normal());
  const names = (["mlpIn", "mlpOut"] as const).map((role) => matrixName(layer, role));
  const sized = names.map((name, net) => ({ name, net, matrix: weights.matrix(name) }));
  return {
    modelHash: hash,
    rank,
    nets: sized.map(({ matrix: { inFeatures, outFeatures } }) => {
      const n = inFeatures + outFeatures;
      return [0, 1].map(() => ({ u: values(n * rank, 0.1), v: values(n * rank, 0.1), bias: values(n, 0.1) }));
    }),
    weights: sized.map(({ name, net, matrix: { inFeatures, outFeatures } }) => {
      const n = inFeatures + outFeatures;
      const modes = [0, 1].map(() => ({ scale: values(n, 1), shift: values(n, 0.1) }));
      const deviation = new Float32Array(n).fill(1);
      return { weight: name, in: inFeatures, out: outFeatures, net, rate: -1e-3, mean: values(n, 0.1), deviation, modes };
    }),
  };
} // prettier-ignore
