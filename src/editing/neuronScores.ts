/**
 * Which MLP neurons carry an answer (arXiv 2104.08696; algorithms.md 17): integrated gradients of the answer's probability
 * along each layer's activation at the last token, from nothing to what it is. As in the published code the activation is
 * the first projection's output, before the non-linearity (gated MLPs: the gate's), and a layer's neurons are scaled together.
 */
import { add, gatherRows, matmul, mul, reshape, softmax, sum, valueAndGradient } from "../gpu/ops";
import { dispose, keep, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import { embed, oneRow, runBlocks, runBlocksWithPauses, unembed } from "../model/forward";
import type { Model } from "../model/model";
import { matrixName, type MatrixName } from "../model/weightNames";

/** The projection whose output is scored. */
const scoredMatrix = (model: Model, layer: number): MatrixName =>
  matrixName(layer, model.config.gatedMlp ? "mlpGate" : "mlpIn");

/** Scores [layers][f] for the token `answer` following `ids`. Throws `cancelled`. */
export async function neuronScores(
  model: Model,
  ids: Int32Array,
  answer: number,
  steps: number,
  { signal, onLayer }: { signal?: AbortSignal | undefined; onLayer?: (done: number) => void } = {},
): Promise<Float64Array[]> {
  const scores: Float64Array[] = [];
  let residual = embed(model, oneRow(ids));
  try {
    for (let layer = 0; layer < model.config.layers; layer++) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const activation = await activationAt(model, layer, residual);
      const gradients = await gradientsAlong(model, layer, residual, activation, answer, steps);
      scores.push(activation.map((value, i) => (value * gradients[i]!) / steps));
      const next = await runBlocksWithPauses(model, layer, residual, { toLayer: layer + 1, signal });
      dispose(residual);
      residual = next;
      onLayer?.(layer + 1);
    }
    return scores;
  } finally {
    dispose(residual);
  }
}

/** The scored projection's output at the last token, [f]. */
async function activationAt(model: Model, layer: number, residual: Tensor): Promise<Float64Array> {
  const name = scoredMatrix(model, layer);
  const standing = model.weights.adapter(name);
  let found: Tensor | undefined;
  model.weights.adapt(name, (_, output) => {
    const positions = output.shape[1]!;
    found = tidy(() => keep(gatherRows(reshape(output, [positions, -1]), [positions - 1])));
    return output;
  });
  try {
    dispose(runBlocks(model, layer, residual, { toLayer: layer + 1 }));
    return Float64Array.from(await read(found!));
  } finally {
    model.weights.adapt(name, standing);
    dispose(found);
  }
}

/** Σ_k ∂p/∂a at a_k = α_k a, α from 0 to 1 (a single point: 0), [f]: every point is a row of one batch. */
async function gradientsAlong(
  model: Model,
  layer: number,
  residual: Tensor,
  activation: Float64Array,
  answer: number,
  steps: number,
): Promise<Float64Array> {
  const f = activation.length;
  const [, positions, d] = residual.shape as [number, number, number];
  const scaled = new Float32Array(steps * f);
  for (let k = 0; k < steps; k++)
    for (let i = 0; i < f; i++) scaled[k * f + i] = (k / Math.max(1, steps - 1)) * activation[i]!;
  const points = tensor(scaled, [steps, f]);
  const { last, others } = lastPositions(steps, positions);
  const batch = tidy(() => keep(repeated(residual, steps, positions, d)));
  const name = scoredMatrix(model, layer);
  const standing = model.weights.adapter(name);
  try {
    const { value, gradient } = valueAndGradient((x) => {
      model.weights.adapt(name, (_, output) =>
        add(mul(output, others), reshape(matmul(last, x), output.shape)),
      );
      try {
        return probabilities(model, layer, batch, answer, steps, positions);
      } finally {
        model.weights.adapt(name, standing);
      }
    }, points);
    const values = await read(gradient);
    dispose(value, gradient);
    return activation.map((_, i) => {
      let total = 0;
      for (let k = 0; k < steps; k++) total += values[k * f + i]!;
      return total;
    });
  } finally {
    dispose(points, batch, last, others);
  }
}

/** Σ over the rows of p(answer) after their last position. */
function probabilities(
  model: Model,
  layer: number,
  batch: Tensor,
  answer: number,
  steps: number,
  positions: number,
): Tensor {
  const rows = Array.from({ length: steps }, (_, k) => (k + 1) * positions - 1);
  const ends = gatherRows(reshape(runBlocks(model, layer, batch), [-1, model.config.residualWidth]), rows);
  const all = softmax(unembed(model, ends));
  const one = new Float32Array(all.shape[1]!);
  one[answer] = 1;
  return sum(matmul(all, tensor(one, [one.length, 1])));
}

/** The same text `steps` times. */
function repeated(residual: Tensor, steps: number, positions: number, d: number): Tensor {
  const rows = Array.from({ length: steps * positions }, (_, at) => at % positions);
  return reshape(gatherRows(reshape(residual, [positions, d]), rows), [steps, positions, d]);
}

/** `last` [steps · S, steps] puts row k at text k's last position; `others` [steps, S, 1] is 0 there and 1 elsewhere. */
function lastPositions(steps: number, positions: number): { last: Tensor; others: Tensor } {
  const last = new Float32Array(steps * positions * steps);
  const others = new Float32Array(steps * positions).fill(1);
  for (let k = 0; k < steps; k++) {
    const place = (k + 1) * positions - 1;
    last[place * steps + k] = 1;
    others[place] = 0;
  }
  return { last: tensor(last, [steps * positions, steps]), others: tensor(others, [steps, positions, 1]) };
}
