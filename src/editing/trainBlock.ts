/**
 * A whole block trained so that it gives wanted hidden states (UnKE, stage 2; algorithms.md 8.3): AdamW over all its
 * parameters, mean-squared error to what it gave before, moved where states are edited, plus the same over texts that
 * have nothing to do with the edit. Padding counts as it does in the published code.
 */
import type { DenseUpdate } from "../domain/edit";
import { add, mean, square, sub } from "../gpu/ops";
import { dispose, keep, tensor, tidy, type Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import { embed, runBlock, runBlocksWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import type { MatrixName, NormName } from "../model/weightNames";
import { Adam } from "./adam";
import { rightPadded } from "./rightPadded";
import type { BlockTrainingSettings } from "./settings/anyEditSettings";
import { lossAndGradients, trainedMatrix, trainedNorm, valuesInUse, type TrainedWeight } from "./trainedMaps";
import { denseUpdates } from "./trainedUpdates";

/** A text, and vectors to be added to the block's output at some of its positions. */
export type ShiftedText = { ids: Int32Array; shifts: readonly { position: number; delta: Float64Array }[] };

type Pair = { input: Tensor; wanted: Tensor };

export type BlockTraining = { updates: DenseUpdate[]; losses: number[] };

type TrainOptions = { signal?: AbortSignal | undefined; onStep?: (done: number) => void };

/** Texts to preserve are cut here; the published code keeps them whole. */
const MOST_PRESERVED_TOKENS = 128;

/** Trains on the weights in use and changes nothing. Throws `cancelled`; nothing stays allocated then. */
export async function trainBlock(
  model: Model,
  layer: number,
  { edited, preserve }: { edited: readonly ShiftedText[]; preserve: readonly string[] },
  settings: BlockTrainingSettings,
  { signal, onStep }: TrainOptions = {},
): Promise<BlockTraining> {
  const unrelated = preserve.map((text) => ({
    ids: model.tokenizer.encode(text).ids.subarray(0, MOST_PRESERVED_TOKENS),
    shifts: [],
  }));
  const pairs: Pair[] = [];
  try {
    for (const texts of [unrelated, edited].filter(({ length }) => length > 0)) {
      pairs.push(await inputAndWanted(model, layer, texts, signal));
    }
    const maps = blockMaps(model, layer);
    const optimiser = await createAdamW(model, maps, settings);
    const losses: number[] = [];
    for (let step = 0; step < settings.trainSteps; step++) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const { value, gradients } = await lossAndGradients(model, maps, () => errorOf(model, layer, pairs));
      losses.push(value);
      optimiser.update(gradients);
      onStep?.(step + 1);
    }
    return { updates: denseUpdates(maps), losses };
  } finally {
    for (const { input, wanted } of pairs) dispose(input, wanted);
  }
}

/** Sum over the batches of the mean-squared error over all their elements. */
function errorOf(model: Model, layer: number, pairs: readonly Pair[]): Tensor {
  return pairs
    .map(({ input, wanted }) => mean(square(sub(runBlock(model, layer, input).residual, wanted))))
    .reduce((sum, error) => add(sum, error));
}

/** The block's input [B, S, d], and its output with the shifts added. */
async function inputAndWanted(
  model: Model,
  layer: number,
  texts: readonly ShiftedText[],
  signal: AbortSignal | undefined,
): Promise<Pair> {
  const tokens = rightPadded(texts.map(({ ids }) => ids));
  const embedded = embed(model, tokens);
  const input = await runBlocksWithPauses(model, 0, embedded, { toLayer: layer, signal }).finally(() =>
    dispose(embedded),
  );
  const width = model.config.residualWidth;
  const wanted = tidy(() => {
    const shifts = new Float32Array(input.size);
    texts.forEach((text, row) => {
      for (const { position, delta } of text.shifts)
        shifts.set(delta, (row * tokens.positions + position) * width);
    });
    return keep(add(runBlock(model, layer, input).residual, tensor(shifts, input.shape)));
  });
  return { input, wanted };
}

const NORMS = ["attnNorm", "mlpNorm", "attnOutNorm", "mlpOutNorm", "queryNorm", "keyNorm"] as const;

/** Every parameter of the block. */
function blockMaps(model: Model, layer: number): TrainedWeight[] {
  const prefix = `blocks.${layer}.`;
  const matrices = model.weights.matrixNames.filter((name): name is MatrixName => name.startsWith(prefix));
  const norms = NORMS.map((role): NormName => `blocks.${layer}.${role}`);
  return [
    ...matrices.map((name) => trainedMatrix(model, name)),
    ...norms
      .filter((name) => model.weights.vector(name) !== undefined)
      .map((name) => trainedNorm(model, name)),
  ];
}

/** AdamW over the changes: decay pulls on the weight as a whole, gradients move the change. */
async function createAdamW(
  model: Model,
  maps: readonly TrainedWeight[],
  { trainRate, trainDecay }: BlockTrainingSettings,
): Promise<{ update(gradients: readonly Float32Array[]): void }> {
  const parts: { values: Float64Array; base: Float32Array; decay: number; adam: Adam }[] = [];
  for (const map of maps) {
    const bases = await valuesInUse(model, map);
    map.parameters.forEach(({ values }, at) => {
      const decay = isExempt(model, map.name) ? 0 : trainDecay;
      parts.push({ values, base: bases[at]!, decay, adam: new Adam(values.length, trainRate) });
    });
  }
  return {
    update: (gradients) =>
      parts.forEach(({ values, base, decay, adam }, at) => {
        const pull = trainRate * decay;
        if (pull > 0) for (let i = 0; i < values.length; i++) values[i]! -= pull * (base[i]! + values[i]!);
        adam.update(values, Float64Array.from(gradients[at]!));
      }),
  };
}

/** The published code spares Llama's two norms by name, and those of no other family. */
const isExempt = ({ config }: Model, name: string): boolean =>
  config.norm === "rms" && /\.(attnNorm|mlpNorm)$/.test(name);
