/**
 * An edit that was made, on a list of facts: ΔW k as its factors and the facts' keys predict it, and the change of the
 * projection's output as the engine gives it.
 */
import type { WeightUpdate } from "../domain/edit";
import type { FactChange, LayerCheck } from "../domain/superposition";
import type { LocatedText } from "../editing/factToken";
import { denseChange } from "../editing/weightUpdates";
import { multiply } from "../linalg/lowRank";
import { norm } from "../linalg/norms";
import { transpose } from "../linalg/transpose";
import type { Model } from "../model/model";
import { collectFactRows } from "./factKeys";

export type Comparison = {
  model: Model;
  updates: readonly WeightUpdate[];
  texts: readonly LocatedText[];
  /** Run with the weights below the edit in use, and with the edit on them. */
  below: <Result>(body: () => Promise<Result>) => Promise<Result>;
  edited: <Result>(body: () => Promise<Result>) => Promise<Result>;
  signal?: AbortSignal | undefined;
};

/** One entry per edited MLP output projection, lowest first. Throws `cancelled`. */
export async function compareInterference({
  model,
  updates,
  texts,
  below,
  edited,
  signal,
}: Comparison): Promise<LayerCheck[]> {
  const byLayer = projectionUpdates(updates);
  const layers = [...byLayer.keys()].sort((a, b) => a - b);
  if (layers.length === 0 || texts.length === 0) return [];
  const outputs = () => collectFactRows(model, texts, { layers, site: "mlpRaw", signal });
  const { keys, before } = await below(async () => ({
    keys: await collectFactRows(model, texts, { layers, signal }),
    before: await outputs(),
  }));
  const after = await edited(outputs);
  return layers.map((layer) => {
    const predicted = predictChange(byLayer.get(layer)!, Float64Array.from(keys.get(layer)!), texts.length);
    const old = before.get(layer)!;
    const measured = Float64Array.from(after.get(layer)!, (value, at) => value - old[at]!);
    return { layer, ...compareRows(predicted, measured, texts.length) };
  });
}

/** ΔW k (and Δb) for every row k of keys [facts, f], as rows [facts, d]; several updates of one projection add up. */
export function predictChange(
  updates: readonly WeightUpdate[],
  keys: Float64Array,
  facts: number,
): Float64Array {
  const sum = new Float64Array(facts * updates[0]!.out);
  for (const update of updates) {
    const { out, in: f } = update;
    if (update.weight.endsWith(".bias")) {
      const shift = denseChange(update);
      for (let at = 0; at < sum.length; at++) sum[at]! += shift[at % out]!;
      continue;
    }
    const columns = transpose(keys, facts, f);
    const change =
      update.kind === "dense"
        ? multiply(denseChange(update), columns, out, f, facts)
        : multiply(
            Float64Array.from(update.u),
            multiply(transpose(Float64Array.from(update.v), f, update.rank), columns, update.rank, f, facts),
            out,
            update.rank,
            facts,
          );
    transpose(change, out, facts).forEach((value, at) => (sum[at]! += value));
  }
  return sum;
}

function compareRows(
  predicted: Float64Array,
  measured: Float64Array,
  count: number,
): { facts: FactChange[]; relativeError: number } {
  const d = predicted.length / count;
  const difference = predicted.map((value, at) => value - measured[at]!);
  const sizeOf = (values: Float64Array, row: number): number => norm(values.subarray(row * d, (row + 1) * d));
  const facts = Array.from({ length: count }, (_, row) => ({
    predicted: sizeOf(predicted, row),
    measured: sizeOf(measured, row),
    difference: sizeOf(difference, row),
  }));
  return { facts, relativeError: norm(difference) / norm(measured) };
}

/** Updates of MLP output projections and their biases by block; other weights have other keys. */
export function projectionUpdates(updates: readonly WeightUpdate[]): Map<number, WeightUpdate[]> {
  const found = new Map<number, WeightUpdate[]>();
  for (const update of updates) {
    const digits = /^blocks\.(\d+)\.mlpOut(?:\.bias)?$/.exec(update.weight)?.[1];
    if (digits === undefined) continue;
    found.set(Number(digits), [...(found.get(Number(digits)) ?? []), update]);
  }
  return found;
}
