/**
 * An edit that was made, on a list of facts: ΔW k as its factors and the facts' keys predict it, and the change of the
 * projection's output as the engine gives it.
 */
import type { LowRankUpdate, WeightUpdate } from "../domain/edit";
import type { FactChange, LayerCheck } from "../domain/superposition";
import type { LocatedText } from "../editing/factToken";
import { denseChange } from "../editing/weightUpdates";
import { norm } from "../linalg/norms";
import { productOfRows } from "../linalg/rowProducts";
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
  const { out } = updates[0]!;
  const [biases, matrices] = [true, false].map((isBias) =>
    updates.filter(({ weight }) => weight.endsWith(".bias") === isBias),
  ) as [WeightUpdate[], WeightUpdate[]];
  const f = matrices[0]?.in ?? 0;
  const changes = matrices.flatMap((update) =>
    update.kind === "dense" ? [productOfRows(keys, denseChange(update), facts, out, f)] : [],
  );
  const factors = matrices.filter((update) => update.kind === "lowRank");
  if (factors.length > 0) {
    const { u, v, rank } = sideBySide(factors);
    const shares = productOfRows(keys, transpose(v, f, rank), facts, rank, f);
    changes.push(productOfRows(shares, u, facts, out, rank));
  }
  const sum = new Float64Array(facts * out);
  for (const shift of biases.map(denseChange))
    for (let at = 0; at < sum.length; at++) sum[at]! += shift[at % out]!;
  for (const change of changes) change.forEach((value, at) => (sum[at]! += value));
  return sum;
}

/** Many updates of one matrix as one of all their ranks: the sum over hundreds of edits is two products. */
function sideBySide(updates: readonly LowRankUpdate[]): { u: Float64Array; v: Float64Array; rank: number } {
  const rank = updates.reduce((sum, update) => sum + update.rank, 0);
  const join = (of: "u" | "v", rows: number): Float64Array => {
    const all = new Float64Array(rows * rank);
    let first = 0;
    for (const { [of]: values, rank: own } of updates) {
      for (let row = 0; row < rows; row++)
        all.set(values.subarray(row * own, (row + 1) * own), row * rank + first);
      first += own;
    }
    return all;
  };
  return { u: join("u", updates[0]!.out), v: join("v", updates[0]!.in), rank };
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
