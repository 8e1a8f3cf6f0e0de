/**
 * The fast trace of one token (architecture.md 5). A run is the corrupted pass with something restored at token t; all
 * runs of t walk through the blocks together, each joining at the first layer that it changes, and only positions from t
 * on are computed: keys and values before t come from the kept corrupted run. In the last layer only the last position
 * is computed. Which runs there are is said by tracePlans; what the answer's probability is, by answerProbability.
 */
import { concat, reshape, slice } from "../gpu/ops";
import { dispose, tidy, type Tensor } from "../gpu/tensor";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import type { KeyValue } from "../model/cache";
import type { ModelConfig } from "../model/config";
import { runBlock } from "../model/forward";
import type { Hook } from "../model/hooks";
import type { Model } from "../model/model";
import { answerProbabilities } from "./answerProbability";
import type { KeptRun } from "./keptRun";
import { rowsPerStep } from "./stepSize";

/** One restoration: N samples that take part from block `joinsAt` on. */
export type Run = {
  joinsAt: number;
  /**
   * Residual entering that block, [N, T - t, d], for the sweep to own. `baseline`: the sweep's first run as it stands
   * there, for runs that branch off from it.
   */
  enter(baseline: Tensor | undefined): Tensor;
};

export type Sweep = {
  token: number;
  /** In order of `joinsAt`; the first is the baseline of the others where they have one. */
  runs: readonly Run[];
  /** What to do inside a block to the runs that are in it; positions count from t. `members` index `runs`. */
  at?(layer: number, members: readonly number[]): Hook | undefined;
};

/** Runs side by side in one batch, run-major: `parts`, each [n · N, T - t, d], follow each other. */
type Group = { members: number[]; parts: Tensor[] };

type Context = {
  model: Model;
  kept: KeptRun;
  answer: number;
  signal?: AbortSignal | undefined;
  onStep?: (rows: number) => void;
  /** Rows of activations per step; by default what stepSize says for the model. */
  rowsAtOnce?: number;
};

/** Rows of activations that a sweep computes in all, the unit of its `onStep`. */
export const sweepWork = ({ token, runs }: Sweep, { layers, positions }: KeptRun): number =>
  runs.reduce((total, { joinsAt }) => total + (layers - joinsAt) * (positions - token), 0);

/**
 * The answer's probability for every run and sample, [runs][N]. Frees everything it makes, also when cancelled.
 * @throws AppError cancelled
 */
export async function sweepToken(sweep: Sweep, context: Context): Promise<Float32Array[]> {
  const { model, kept, answer, signal } = context;
  if (sweep.runs.length === 0) return [];
  const groups: Group[] = [];
  try {
    for (let layer = 0; layer < kept.layers; layer++) {
      join(sweep, layer, groups, context);
      await runLayer(sweep, layer, groups, context);
    }
    const rows = lastPositions(groups);
    try {
      const probabilities = await answerProbabilities(model, rows, answer, signal);
      return sweep.runs.map((_, run) => probabilities.slice(run * kept.samples, (run + 1) * kept.samples));
    } finally {
      dispose(rows);
    }
  } finally {
    for (const { parts } of groups) dispose(...parts);
  }
}

/** Lets in the runs that begin at this layer: into the last group while it has room, else into a new one. */
function join({ runs, token }: Sweep, layer: number, groups: Group[], context: Context): void {
  const { model, kept, rowsAtOnce = rowsPerBlockStep(model.config) } = context;
  const capacity = Math.max(1, Math.floor(rowsAtOnce / (kept.samples * (kept.positions - token))));
  const first = groups[0]?.parts[0];
  const baseline = first && slice(first, [0, 0, 0], [kept.samples, -1, -1]);
  for (const [index, run] of runs.entries()) {
    if (run.joinsAt !== layer) continue;
    let group = groups.at(-1);
    if (group === undefined || group.members.length >= capacity)
      groups.push((group = { members: [], parts: [] }));
    group.members.push(index);
    group.parts.push(run.enter(baseline));
  }
  dispose(baseline);
}

async function runLayer(sweep: Sweep, layer: number, groups: Group[], context: Context): Promise<void> {
  const { kept, signal, onStep } = context;
  if (groups.length === 0) return;
  const prefix = kept.prefix(layer, sweep.token);
  try {
    for (const group of groups) {
      throwIfCancelled(signal);
      const output = blockOfGroup(sweep, layer, group, prefix, context);
      dispose(...group.parts);
      group.parts = [output];
      onStep?.(group.members.length * (kept.positions - sweep.token));
      await yieldToEvents();
    }
  } finally {
    dispose(prefix?.key, prefix?.value);
  }
}

/** Residual after the block, [members · N, T - t, d]; of the last block the last position only. */
function blockOfGroup(
  { token, at }: Sweep,
  layer: number,
  { members, parts }: Group,
  prefix: KeyValue | undefined,
  { model, kept }: Context,
): Tensor {
  const hook = at?.(layer, members);
  const { residual, key, value } = tidy(() =>
    runBlock(model, layer, parts.length === 1 ? parts[0]! : concat(parts, 0), {
      firstPosition: token,
      prefix,
      lastQueryOnly: layer === kept.layers - 1,
      ...(hook ? { at: hook } : {}),
    }),
  );
  dispose(key, value);
  return residual;
}

/** Rows of activations that one block step may take. */
export function rowsPerBlockStep(config: ModelConfig): number {
  const { residualWidth, mlpWidth, heads, keyValueHeads, headDim, gatedMlp } = config;
  const attention = 2 * residualWidth * headDim * (heads + keyValueHeads);
  const mlp = (gatedMlp ? 3 : 2) * residualWidth * mlpWidth;
  return rowsPerStep(attention + mlp, Math.max(residualWidth, mlpWidth));
}

/** Last position of every run in the order of the runs, [runs · N, d]. */
function lastPositions(groups: readonly Group[]): Tensor {
  return tidy(() => {
    const rows = groups
      .flatMap(({ parts }) => parts)
      .map((residual) => {
        const [batch, positions, width] = residual.shape as [number, number, number];
        return reshape(slice(residual, [0, positions - 1, 0], [batch, 1, width]), [batch, width]);
      });
    return concat(rows, 0);
  });
}
