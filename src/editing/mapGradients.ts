/** What goes into linear maps at every token of a text, and the gradient of the answer's loss by what comes out. */
import { add, reshape } from "../gpu/ops";
import { dispose, keep, read, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import type { Model } from "../model/model";
import type { MatrixName } from "../model/weightNames";
import { answerLoss, residualBefore, type ScoredText } from "./answerLoss";
import { lossAndGradients, type TrainedMaps } from "./trainedMaps";

/** inputs [T, in], gradients [T, out]. */
export type MapGradients = { inputs: Float32Array; gradients: Float32Array };

/** In the order of the names; `layer` is the lowest block they are in. Throws `cancelled`. */
export async function mapGradients(
  model: Model,
  text: ScoredText,
  names: readonly MatrixName[],
  layer: number,
  signal?: AbortSignal,
): Promise<{ loss: number; maps: MapGradients[] }> {
  const seen = new Map<MatrixName, Tensor>();
  const maps = names.map((name): TrainedMaps => {
    const { outFeatures } = model.weights.matrix(name);
    const shape = [text.ids.length, outFeatures];
    return {
      parameters: [{ shape, values: new Float64Array(text.ids.length * outFeatures) }],
      behind: ([zeros]) => [
        [
          name,
          (input, output) => {
            seen.set(name, keep(reshape(input, [-1, input.shape.at(-1)!])));
            return add(output, reshape(zeros!, output.shape));
          },
        ],
      ],
    };
  });
  const residual = await residualBefore(model, text, layer, signal);
  try {
    const { value, gradients } = await lossAndGradients(model, maps, () =>
      answerLoss(model, text, residual, layer),
    );
    const found: MapGradients[] = [];
    for (const [index, name] of names.entries()) {
      const input = seen.get(name);
      invariant(input, `the forward pass uses ${name}`);
      found.push({ inputs: Float32Array.from(await read(input)), gradients: gradients[index]! });
    }
    return { loss: value, maps: found };
  } finally {
    dispose(residual, ...seen.values());
  }
}
