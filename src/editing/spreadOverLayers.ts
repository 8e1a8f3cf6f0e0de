/**
 * Writes target vectors into the MLP projections of several layers (MEMIT, section 4.3; algorithms.md 4.2): from the
 * lowest layer up, each takes its share of what is still missing at the last layer's output, and the next one sees it
 * written. What keys and present states are is the caller's; how a layer's system is solved is a rule.
 */
import type { LowRankUpdate, NamedTensor, WeightUpdate } from "../domain/edit";
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";
import type { Model } from "../model/model";
import { matrixName } from "../model/weightNames";
import { storedChange } from "./storedChange";
import { TemporaryWeights } from "./temporaryWeights";
import { asColumns, type LayerRule } from "./updateRules";

/** Keys of the facts and of what is to be left alone, as vectors [f]. */
export type LayerKeys = { keys: readonly Float64Array[]; kept: readonly Float64Array[] };

export type SpreadOptions = {
  layers: readonly number[];
  /** z of every fact, [d]. */
  targets: readonly Float64Array[];
  /** With the weights as they are by then. */
  keysAt(layer: number): Promise<LayerKeys>;
  /** The targets' site now, [d] each. */
  statesNow(): Promise<Float64Array[]>;
  ruleAt(layer: number): LayerRule;
  /** What a layer takes of the residual, from how many layers are left (itself included). */
  share: (left: number) => number;
  /** A last word on each layer's update (RECT). */
  reshape?: ((update: LowRankUpdate, weights: TemporaryWeights) => Promise<WeightUpdate>) | undefined;
  onLayer?: ((done: number) => void) | undefined;
  signal?: AbortSignal | undefined;
};

export type Spread = { updates: WeightUpdate[]; intermediates: NamedTensor[] };

/** `afterwards` runs with all updates in place, for keys that later edits have to respect. */
export async function spreadOverLayers<After>(
  model: Model,
  options: SpreadOptions,
  afterwards: (spread: Spread, weights: TemporaryWeights) => Promise<After>,
): Promise<After> {
  const weights = new TemporaryWeights(model);
  const spread: Spread = { updates: [], intermediates: [] };
  try {
    for (const [index, layer] of options.layers.entries()) {
      await yieldToEvents();
      throwIfCancelled(options.signal);
      const written = await writeLayer(model, options, layer, index, weights);
      await weights.add(written.update);
      spread.updates.push(written.update);
      spread.intermediates.push(...written.intermediates);
      options.onLayer?.(index + 1);
    }
    return await afterwards(spread, weights);
  } finally {
    weights.restore();
  }
}

async function writeLayer(
  model: Model,
  { layers, targets, keysAt, statesNow, ruleAt, share, reshape }: SpreadOptions,
  layer: number,
  index: number,
  weights: TemporaryWeights,
): Promise<{ update: WeightUpdate; intermediates: NamedTensor[] }> {
  const { mlpWidth: f, residualWidth: d } = model.config;
  const states = await statesNow();
  const { keys: found, kept } = await keysAt(layer);
  const n = targets.length;
  const part = share(layers.length - index);
  const residuals = asColumns(
    targets.map((target, at) => target.map((z, i) => (z - states[at]![i]!) * part)),
    d,
  );
  const keys = asColumns(found, f);
  const x = ruleAt(layer)({ f, d, n, keys, residuals, kept: asColumns(kept, f) });
  const factors: LowRankUpdate = {
    kind: "lowRank",
    weight: matrixName(layer, "mlpOut"),
    out: d,
    in: f,
    rank: n,
    u: Float32Array.from(residuals),
    v: Float32Array.from(x),
  };
  const update = reshape ? await reshape(factors, weights) : factors;
  const named = (name: string, rows: number, values: Float64Array): NamedTensor => ({
    name: `${name}.${layer}`,
    shape: [rows, n],
    values: Float32Array.from(values),
  });
  return {
    update,
    intermediates: [
      named("K", f, keys),
      named("R", d, residuals),
      named("cur_z", d, asColumns(states, d)),
      named("X", f, x),
      storedChange(model, `delta_w.${layer}`, update),
    ],
  };
}
