/** Probability of one answer token after residual rows of the last position: the softmax needs the whole vocabulary. */
import { concat, crossEntropy, slice } from "../gpu/ops";
import { dispose, read, tidy, type Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { assertFiniteAnswer } from "../lib/finite";
import { yieldToEvents } from "../lib/yieldToEvents";
import { unembed } from "../model/forward";
import type { Model } from "../model/model";
import { rowsPerStep } from "./stepSize";

/**
 * p(answer) for each row [n, d] of the residual after the last block. The rows stay the caller's; the logits are made
 * in portions and never leave the device.
 * @throws AppError cancelled, not-finite
 */
export async function answerProbabilities(
  model: Model,
  rows: Tensor,
  answer: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const [count, width] = rows.shape as [number, number];
  const portion = rowsPerStep(width * model.config.vocabularySize, model.config.vocabularySize);
  const losses: Tensor[] = [];
  try {
    for (let first = 0; first < count; first += portion) {
      throwIfCancelled(signal);
      const taken = Math.min(portion, count - first);
      losses.push(
        tidy(() => {
          const part = taken === count ? rows : slice(rows, [first, 0], [taken, width]);
          return crossEntropy(unembed(model, part), new Int32Array(taken).fill(answer));
        }),
      );
      if (first + taken < count) await yieldToEvents();
    }
    const joined = losses.length === 1 ? losses[0]! : concat(losses, 0);
    try {
      return assertFiniteAnswer(await read(joined)).map((loss) => Math.exp(-loss));
    } finally {
      if (losses.length > 1) dispose(joined);
    }
  } finally {
    dispose(...losses);
  }
}
