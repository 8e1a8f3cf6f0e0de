/**
 * Two vectors moved together at one token of one block, added to its attention's and its MLP's output (PMET,
 * arXiv 2308.08742; algorithms.md 6). The MLP's is what is written; the attention's takes up what need not be stored there.
 */
import type { OptimisationStep } from "../domain/edit";
import {
  add,
  concat,
  crossEntropy,
  gatherRows,
  logSoftmax,
  matmul,
  mul,
  reshape,
  scale,
  slice,
  softmax,
  sub,
  sum,
  valueAndGradients,
} from "../gpu/ops";
import { dispose, keep, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import { norm } from "../linalg/norms";
import { embed, runBlocks, runBlocksWithPauses, unembed } from "../model/forward";
import type { Hook, Site } from "../model/hooks";
import type { Model } from "../model/model";
import { Adam } from "./adam";
import { moveTarget } from "./moveTarget";
import { flatRow, rightPadded } from "./rightPadded";
import type { TargetRows } from "./targetRows";
import type { OptimisedTarget, TargetOptions, TargetSettings } from "./targets";

export type PairedSettings = TargetSettings & { nllFactor: number };

/** Once the answer is the likeliest, its loss counts this much, and a drift this small ends the optimisation. */
const GREEDY_SHARE = 0.1;
const SMALL_DRIFT = 0.01;

type Vector = { delta: Float64Array; init: Float64Array; adam: Adam };

/** The MLP's vector. Throws `cancelled`, `prompt-too-long`. */
export async function optimisePair(
  model: Model,
  target: TargetRows,
  layer: number,
  settings: PairedSettings,
  { signal, onStep }: TargetOptions = {},
): Promise<OptimisedTarget> {
  const run = await createRun(model, target, layer, signal);
  try {
    const [attention, mlp] = run.inits.map((init): Vector => ({ delta: new Float64Array(init.length), init, adam: new Adam(init.length, settings.learningRate) })) as [Vector, Vector]; // prettier-ignore
    const steps: OptimisationStep[] = [];
    const deltas: Float64Array[] = [];
    let nllFactor = settings.nllFactor;
    for (let step = 0; step < settings.steps; step++) {
      await yieldToEvents();
      throwIfCancelled(signal);
      const found = await run.at([attention.delta, mlp.delta], nllFactor, settings.klFactor);
      const decay = [attention, mlp].reduce((total, { delta, init }) => total + (settings.weightDecay * norm(delta)) / norm(init) ** 2, 0); // prettier-ignore
      const total = nllFactor * found.nll + settings.klFactor * found.drift + decay;
      deltas.push(mlp.delta.slice());
      steps.push({ step, total, nll: found.nll, kl: settings.klFactor * found.drift, decay, deltaNorm: norm(mlp.delta), targetProbability: found.probability }); // prettier-ignore
      onStep?.(steps);
      if (total < settings.earlyStopLoss || step === settings.steps - 1) break;
      if (found.greedy && found.drift <= SMALL_DRIFT) break;
      nllFactor = settings.nllFactor * (found.greedy ? GREEDY_SHARE : 1);
      for (const [at, { delta, init, adam }] of [attention, mlp].entries()) {
        moveTarget(delta, found.gradients[at]!, { adam, initialNorm: norm(init), ...settings });
      }
    }
    return { target: mlp.init.map((t, i) => t + mlp.delta[i]!), targetInit: mlp.init, deltas, steps };
  } finally {
    run.dispose();
  }
}

type Evaluation = {
  nll: number;
  /** KL(p ‖ p₀), without its weight. */
  drift: number;
  /** Mean over the labels. */
  probability: number;
  /** Every label is the likeliest token at its place. */
  greedy: boolean;
  gradients: Float64Array[];
};

type Run = {
  /** The attention's and the MLP's output at row 0's token. */
  inits: Float64Array[];
  at(deltas: readonly Float64Array[], nllFactor: number, klFactor: number): Promise<Evaluation>;
  dispose(): void;
};

/** Blocks below the edited one run once; those from it on at every step. */
async function createRun(
  model: Model,
  target: TargetRows,
  layer: number,
  signal?: AbortSignal,
): Promise<Run> {
  const sites: Site[] = [`blocks.${layer}.attnRaw`, `blocks.${layer}.mlpRaw`];
  const d = model.config.residualWidth;
  const tokens = rightPadded(target.rows.map(({ ids }) => ids));
  const lookups = target.rows.map(({ lookup }, row) => flatRow(tokens, row, lookup));
  const places = target.places.map(({ row, position }) => flatRow(tokens, row, position));
  const embedded = embed(model, tokens);
  const start = await runBlocksWithPauses(model, 0, embedded, { toLayer: layer, signal }).finally(() =>
    dispose(embedded),
  );
  const chosen = new Float32Array(tokens.batch * tokens.positions);
  for (const lookup of lookups) chosen[lookup] = 1;
  const mask = tensor(chosen, [chosen.length, 1]);
  const logitsWith = (at: Hook) =>
    unembed(model, gatherRows(reshape(runBlocks(model, layer, start, { at }), [-1, d]), places));

  const inits: Float64Array[] = [];
  const seen: Tensor[] = [];
  const reference = tidy(() => {
    const all = logitsWith((site, x) => {
      if (sites.includes(site)) seen.push(keep(gatherRows(reshape(x, [-1, d]), [lookups[0]!])));
      return x;
    });
    return keep(logSoftmax(slice(all, [target.labels.length, 0], [1, -1])));
  });
  for (const tensorSeen of seen) inits.push(Float64Array.from(await read(tensorSeen)));
  dispose(...seen);

  return {
    inits,
    dispose: () => dispose(start, mask, reference),
    at: async (deltas, nllFactor, klFactor) => {
      const inputs = deltas.map((delta) => tensor(Float32Array.from(delta), [1, d]));
      const kept: Tensor[] = [];
      const { value, gradients } = valueAndGradients((...vectors) => {
        const all = logitsWith((site, x) => {
          const vector = vectors[sites.indexOf(site)];
          return vector ? add(x, reshape(matmul(mask, vector), x.shape)) : x;
        });
        const labelled = slice(all, [0, 0], [target.labels.length, -1]);
        const last = slice(all, [target.labels.length, 0], [1, -1]);
        const nll = crossEntropy(labelled, target.labels);
        const drift = sum(mul(softmax(last), sub(logSoftmax(last), reference)), 1);
        kept.push(keep(concat([nll, drift], 0)), keep(logSoftmax(labelled)));
        return add(scale(sum(nll), nllFactor / target.labels.length), scale(sum(drift), klFactor));
      }, inputs);
      const numbers = await read(kept[0]!);
      const logProbabilities = await read(kept[1]!);
      const arrays = [];
      for (const gradient of gradients) arrays.push(Float64Array.from(await read(gradient)));
      dispose(value, ...gradients, ...inputs, ...kept);
      return { ...measure(numbers, logProbabilities, target.labels), gradients: arrays };
    },
  };
}

/** `numbers`: every label's NLL, then the drift. */
function measure(
  numbers: Float32Array,
  logProbabilities: Float32Array,
  labels: Int32Array,
): Omit<Evaluation, "gradients"> {
  const nll = numbers.subarray(0, labels.length);
  const width = logProbabilities.length / labels.length;
  const greedy = [...nll].every((value, row) =>
    logProbabilities.subarray(row * width, (row + 1) * width).every((other) => other <= -value + 1e-6),
  );
  const mean = (values: readonly number[]) =>
    values.reduce((total, value) => total + value, 0) / values.length;
  return {
    nll: mean([...nll]),
    drift: numbers.at(-1)!,
    probability: mean([...nll].map((value) => Math.exp(-value))),
    greedy,
  };
}
