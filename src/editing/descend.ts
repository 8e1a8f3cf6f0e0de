/** Adam over one matrix and its bias on the answers of some texts, within a bound on every entry if wanted (algorithms.md 10). */
import type { OptimisationStep } from "../domain/edit";
import { add, scale } from "../gpu/ops";
import type { Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import { norm } from "../linalg/norms";
import type { Model } from "../model/model";
import { Adam } from "./adam";
import { answerLoss, type ScoredText } from "./answerLoss";
import type { FineTuningSettings } from "./settings/fineTuningSettings";
import { lossAndGradients, type TrainedWeight } from "./trainedMaps";

/** A text, and what goes into the trained block when it is read. */
export type Sample = { text: ScoredText; residual: Tensor };

/** Moves `trained` in place; one entry per pass over all samples. Throws AppError `cancelled`. */
export async function descend(
  model: Model,
  trained: TrainedWeight,
  samples: readonly Sample[],
  { layer, steps, learningRate, normConstraint, stopLoss, batchSize }: FineTuningSettings,
  signal: AbortSignal | undefined,
  onPass: (steps: readonly OptimisationStep[]) => void,
): Promise<OptimisationStep[]> {
  const adams = trained.parameters.map(({ values }) => new Adam(values.length, learningRate));
  const found: OptimisationStep[] = [];
  for (let step = 0; step < steps; step++) {
    let sum = 0;
    for (let first = 0; first < samples.length; first += batchSize) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const batch = samples.slice(first, first + batchSize);
      const { value, gradients } = await lossAndGradients(model, [trained], () =>
        meanLoss(model, batch, layer),
      );
      sum += value * batch.length;
      if (value < stopLoss) continue;
      trained.parameters.forEach(({ values }, at) => {
        adams[at]!.update(values, Float64Array.from(gradients[at]!));
        if (normConstraint > 0) clamp(values, normConstraint);
      });
    }
    const total = sum / samples.length;
    const deltaNorm = norm(trained.parameters[0]!.values);
    found.push({ step, total, nll: total, kl: 0, decay: 0, deltaNorm, targetProbability: Math.exp(-total) });
    onPass(found);
    if (total < stopLoss) break;
  }
  return found;
}

function meanLoss(model: Model, batch: readonly Sample[], layer: number): Tensor {
  const losses = batch.map(({ text, residual }) => answerLoss(model, text, residual, layer));
  return scale(losses.reduce((sum, loss) => add(sum, loss)), 1 / batch.length); // prettier-ignore
}

function clamp(values: Float64Array, bound: number): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.max(-bound, Math.min(bound, values[i]!));
}
