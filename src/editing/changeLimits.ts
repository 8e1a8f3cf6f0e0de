/** Two ways to hold back a change that has been computed: RECT by its entries, PRUNE by its singular values (algorithms.md 4.5). */
import type { DenseUpdate, LowRankUpdate, WeightUpdate } from "../domain/edit";
import { invariant } from "../lib/errors";
import { symmetricEigen } from "../linalg/symmetricEigen";
import type { Model } from "../model/model";
import type { MatrixName } from "../model/weightNames";
import type { TemporaryWeights } from "./temporaryWeights";
import { denseChange } from "./weightUpdates";

/** What PRUNE's damped change is added to. */
export type PruneOnto = "checkpoint" | "edited";

/**
 * RECT (arXiv 2401.04700): only the `share` of entries with the largest |ΔW / (W + 1e-8)| is kept, W being the weight
 * in use. The result is dense.
 */
export async function keepLargest(
  update: LowRankUpdate,
  weights: TemporaryWeights,
  share: number,
): Promise<DenseUpdate> {
  const { out, in: inWidth } = update;
  const weight = await weights.read(update.weight as MatrixName); // [in, out]
  const change = denseChange(update); // [out, in]
  const relative = change.map((value, at) => {
    const w = weight[(at % inWidth) * out + Math.floor(at / inWidth)]!;
    return Math.abs(value / (w + 1e-8));
  });
  const kept = Math.max(1, Math.round(share * change.length));
  const limit = Float64Array.from(relative).sort()[change.length - kept]!;
  const values = Float32Array.from(change, (value, at) => (relative[at]! >= limit ? value : 0));
  return { kind: "dense", weight: update.weight, out, in: inWidth, values };
}

/**
 * PRUNE (arXiv 2405.16821): with T = W − W₀ over all edits and s the largest singular value of the checkpoint's W₀, every
 * singular value σ > s of T becomes ln σ − ln s + s. The weights become W₀ + T', or with `edited` what the published code
 * makes of them, which adds T' to weights that already hold T.
 */
export async function prune(
  model: Model,
  updates: readonly WeightUpdate[],
  weights: TemporaryWeights,
  onto: PruneOnto = "checkpoint",
): Promise<WeightUpdate[]> {
  const pruned: WeightUpdate[] = [];
  for (const update of updates) {
    invariant(update.kind === "lowRank", "PRUNE follows a low-rank update");
    const name = update.weight as MatrixName;
    const base = await model.weights.readBase(name);
    const now = await weights.read(name);
    const correction = dampLargeDirections(base, now, update);
    const undamped = onto === "edited" ? changeBetween(base, now, update) : undefined;
    for (const part of [correction, undamped]) if (part) await weights.add(part);
    const own = correction ? sumOf(update, correction) : update;
    pruned.push(undamped ? addedTo(undamped, own) : own);
  }
  return pruned;
}

/** T = W − W₀, in mathematical orientation. */
function changeBetween(
  base: Float32Array,
  now: Float32Array,
  { weight, out, in: inWidth }: LowRankUpdate,
): DenseUpdate {
  const values = new Float32Array(out * inWidth);
  for (let i = 0; i < inWidth; i++)
    for (let o = 0; o < out; o++) values[o * inWidth + i] = now[i * out + o]! - base[i * out + o]!;
  return { kind: "dense", weight, out, in: inWidth, values };
}

function addedTo(dense: DenseUpdate, update: LowRankUpdate): DenseUpdate {
  const more = denseChange(update);
  return { ...dense, values: dense.values.map((value, at) => value + more[at]!) };
}

/** Σ (f(σ)/σ − 1) u uᵀT over the left singular vectors u of T [out, in] with σ > s. */
function dampLargeDirections(
  base: Float32Array,
  now: Float32Array,
  { weight, out, in: inWidth }: LowRankUpdate,
): LowRankUpdate | undefined {
  const change = Float64Array.from(now, (value, at) => value - base[at]!); // Tᵀ [in, out]
  const limit = Math.sqrt(
    symmetricEigen(gramOfColumns(Float64Array.from(base), inWidth, out), out).values[0]!,
  );
  const { values, vectors } = symmetricEigen(gramOfColumns(change, inWidth, out), out);
  const large = values.filter((value) => value > limit * limit).length;
  if (large === 0) return undefined;
  const u = new Float32Array(out * large);
  const v = new Float32Array(inWidth * large);
  for (let r = 0; r < large; r++) {
    const direction = vectors.subarray(r * out, (r + 1) * out);
    const size = Math.sqrt(values[r]!);
    const factor = (Math.log(size) - Math.log(limit) + limit) / size - 1;
    for (let o = 0; o < out; o++) u[o * large + r] = factor * direction[o]!;
    for (let i = 0; i < inWidth; i++) {
      let sum = 0;
      for (let o = 0; o < out; o++) sum += change[i * out + o]! * direction[o]!;
      v[i * large + r] = sum;
    }
  }
  return { kind: "lowRank", weight, out, in: inWidth, rank: large, u, v };
}

/** AᵀA [columns, columns] for A [rows, columns]. */
function gramOfColumns(a: Float64Array, rows: number, columns: number): Float64Array {
  const product = new Float64Array(columns * columns);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) {
      const factor = a[row * columns + i]!;
      for (let j = 0; j < columns; j++) product[i * columns + j]! += factor * a[row * columns + j]!;
    }
  }
  return product;
}

/** Both factors side by side. */
function sumOf(a: LowRankUpdate, b: LowRankUpdate): LowRankUpdate {
  const rank = a.rank + b.rank;
  const join = (x: Float32Array, y: Float32Array, rows: number) => {
    const joined = new Float32Array(rows * rank);
    for (let row = 0; row < rows; row++) {
      joined.set(x.subarray(row * a.rank, (row + 1) * a.rank), row * rank);
      joined.set(y.subarray(row * b.rank, (row + 1) * b.rank), row * rank + a.rank);
    }
    return joined;
  };
  return { ...a, rank, u: join(a.u, b.u, a.out), v: join(a.v, b.v, a.in) };
}
