/** A codebook entry's value: trained in the place of its map's output at one token (GRACE; algorithms.md 12). */
import type { OptimisationStep } from "../domain/edit";
import { add, matmul, mul, reshape } from "../gpu/ops";
import { dispose, tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import type { Model } from "../model/model";
import { matrixName } from "../model/weightNames";
import { Adam } from "./adam";
import { answerLoss, residualBefore, type ScoredText } from "./answerLoss";
import type { GraceSettings } from "./settings/graceSettings";
import { lossAndGradients, type TrainedMaps } from "./trainedMaps";

/** Adam on the value that stands for the map's output at `place`, in place. */
export async function trainValue(
  model: Model,
  text: ScoredText,
  place: number,
  value: Float64Array,
  { layer, matrix, steps, learningRate }: GraceSettings,
  signal: AbortSignal | undefined,
  onStep: (steps: readonly OptimisationStep[]) => void,
): Promise<OptimisationStep[]> {
  // First: a cancel in it must find nothing else allocated.
  const residual = await residualBefore(model, text, layer, signal);
  const positions = text.ids.length;
  const at = tensor(Float32Array.from({ length: positions }, (_, i) => (i === place ? 1 : 0)), [positions, 1]); // prettier-ignore
  const others = tensor(Float32Array.from({ length: positions }, (_, i) => (i === place ? 0 : 1)), [1, positions, 1]); // prettier-ignore
  const maps: TrainedMaps = {
    parameters: [{ shape: [1, value.length], values: value }],
    behind: ([row]) => [
      [
        matrixName(layer, matrix),
        (_, output) => add(mul(output, others), reshape(matmul(at, row!), output.shape)),
      ],
    ],
  };
  const adam = new Adam(value.length, learningRate);
  const found: OptimisationStep[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const { value: total, gradients } = await lossAndGradients(model, [maps], () =>
        answerLoss(model, text, residual, layer),
      );
      adam.update(value, Float64Array.from(gradients[0]!));
      const targetProbability = Math.exp(-total);
      found.push({ step, total, nll: total, kl: 0, decay: 0, deltaNorm: 0, targetProbability });
      onStep(found);
    }
    return found;
  } finally {
    dispose(at, others, residual);
  }
}
