/**
 * MEND (arXiv 2110.11309; algorithms.md section 16): one gradient of the answer's loss, taken apart token by token into
 * what went into a matrix and what should come out otherwise; a trained hyper-network turns both into the change.
 */
import type { LowRankUpdate, OptimisationStep, WeightUpdate } from "../../domain/edit";
import { throwIfCancelled } from "../../lib/cancel";
import { invariant } from "../../lib/errors";
import { yieldToEvents } from "../../lib/yieldToEvents";
import type { Model } from "../../model/model";
import { teacherForced } from "../answerLoss";
import { changeOf, type HyperWeight } from "../hyperNetwork";
import { mapGradients } from "../mapGradients";
import { mendDefinition, type MendSettings } from "../settings/mendSettings";
import { storedChange } from "../storedChange";
import { denseChange, isAsLargeAsDense } from "../weightUpdates";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

/** Several facts are one edit: their changes add up. */
async function run(
  model: Model,
  { requests, settings, hyperNetwork }: RecipeInput<MendSettings>,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  invariant(hyperNetwork, "a hyper-network is there");
  const names = hyperNetwork.weights.map(({ weight }) => weight);
  const lowest = Math.min(...names.map((name) => Number(/\d+/.exec(name)![0])));
  const changes: LowRankUpdate[][] = names.map(() => []);
  const losses: OptimisationStep[][] = [];
  for (const [index, request] of requests.entries()) {
    await yieldToEvents();
    throwIfCancelled(signal);
    const text = teacherForced(model, request);
    const { loss, maps } = await mapGradients(model, text, names, lowest, signal);
    maps.forEach(({ inputs, gradients }, at) => {
      const weight = hyperNetwork.weights[at]!;
      const { in: inWidth, out } = weight;
      const change = changeOf(hyperNetwork, weight, inputs, gradients, settings.rateFactor);
      if (change.rank > 0)
        changes[at]!.push({ kind: "lowRank", weight: weight.weight, in: inWidth, out, ...change });
    });
    losses.push([{ step: 0, total: loss, nll: loss, kl: 0, decay: 0, deltaNorm: 0, targetProbability: Math.exp(-loss) }]); // prettier-ignore
    report("Turning gradients into changes", index + 1, requests.length, losses);
  }
  const updates: WeightUpdate[] = [];
  for (const [at, parts] of changes.entries()) {
    report("Adding the changes up", at, changes.length);
    await yieldToEvents();
    throwIfCancelled(signal);
    updates.push(...sideBySide(hyperNetwork.weights[at]!, parts));
  }
  return {
    updates,
    losses,
    warnings: [],
    intermediates: updates.map((update) => storedChange(model, `delta.${update.weight}`, update)),
  };
}

/** The sum of changes of one matrix: their factors' columns one after the other, summed where they are too many. */
function sideBySide(weight: HyperWeight, parts: readonly LowRankUpdate[]): WeightUpdate[] {
  const rank = parts.reduce((sum, part) => sum + part.rank, 0);
  if (rank === 0) return [];
  const join = (rows: number, pick: (part: LowRankUpdate) => Float32Array) => {
    const joined = new Float32Array(rows * rank);
    let column = 0;
    for (const part of parts) {
      for (let row = 0; row < rows; row++)
        joined.set(pick(part).subarray(row * part.rank, (row + 1) * part.rank), row * rank + column);
      column += part.rank;
    }
    return joined;
  };
  const { weight: name, in: inWidth, out } = weight;
  const u = join(out, (part) => part.u);
  const v = join(inWidth, (part) => part.v);
  const sum: LowRankUpdate = { kind: "lowRank", weight: name, in: inWidth, out, rank, u, v };
  if (!isAsLargeAsDense(sum)) return [sum];
  return [{ kind: "dense", weight: name, in: inWidth, out, values: Float32Array.from(denseChange(sum)) }];
}

export const mend = method<MendSettings>({
  name: "MEND",
  family: "attribute",
  summary:
    "A small network, trained beforehand on this very model, turns one gradient into an edit at once; on any other model there is nothing to ask.",
  changes:
    "both MLP projections of the blocks the network was trained for, by a change of as many ranks as the text has tokens",
  settings: mendDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  hyperNetwork: true,
  batch: true,
  contexts: "none",
  longTargets: false,
  run,
});
