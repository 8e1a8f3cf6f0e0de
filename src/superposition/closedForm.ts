/**
 * Editing a linear memory W [d, f] in closed form, once and many times, and what the edits do to everything else
 * (arXiv 2408.07413, section 3; algorithms.md 18.1). Float64; vectors are Float64Array, W row-major.
 * docs/superposition.md derives every formula in these names.
 */
import type { CholeskyFactor } from "../linalg/cholesky";
import { dot } from "../linalg/norms";
import { solveFactored } from "../linalg/triangular";

/** What is to be written: afterwards W key = value. `leftKey` gives the direction where it is another key (ROME). */
export type MemoryEdit = { key: Float64Array; value: Float64Array; leftKey?: Float64Array };

/** One edit as it was made: ΔW = Λ uᵀ with u = C⁻¹ leftKey and Λ = δ / (u · key). */
export type WrittenEdit = {
  key: Float64Array;
  /** u [f]. */
  direction: Float64Array;
  /** u · key. */
  denominator: number;
  /** δ = value − W key on the weights the edit found, [d]. */
  delta: Float64Array;
};

/** p(x, y) = xᵀC⁻¹y / xᵀC⁻¹x: how much of what is written at x arrives at y. */
export function interferenceCoefficient(c: CholeskyFactor, x: Float64Array, y: Float64Array): number {
  const u = solveFactored(c, x);
  return dot(u, y) / dot(u, x);
}

/** The same of an edit that was made, whose left key may be another one: (u · y) / (u · key). */
export const coefficientOf = ({ direction, denominator }: WrittenEdit, y: Float64Array): number =>
  dot(direction, y) / denominator;

/** W key [d]. */
export function recall(weight: Float64Array, key: Float64Array): Float64Array {
  const f = key.length;
  return Float64Array.from({ length: weight.length / f }, (_, row) =>
    dot(weight.subarray(row * f, (row + 1) * f), key),
  );
}

/** One edit in closed form: W is changed in place so that W key = value. */
export function writeEdit(weight: Float64Array, c: CholeskyFactor, edit: MemoryEdit): WrittenEdit {
  const { key, value, leftKey = key } = edit;
  const direction = solveFactored(c, leftKey);
  const denominator = dot(direction, key);
  const now = recall(weight, key);
  const delta = value.map((v, row) => v - now[row]!);
  const f = key.length;
  delta.forEach((change, row) => {
    const lambda = change / denominator;
    for (let column = 0; column < f; column++) weight[row * f + column]! += lambda * direction[column]!;
  });
  return { key, direction, denominator, delta };
}

/** Edits one after the other, each on the weights the last one left, all with the same C. `weight` stays as it is. */
export function writeInTurn(
  weight: Float64Array,
  c: CholeskyFactor,
  edits: readonly MemoryEdit[],
): { weight: Float64Array; written: WrittenEdit[] } {
  const edited = Float64Array.from(weight);
  return { weight: edited, written: edits.map((edit) => writeEdit(edited, c, edit)) };
}

/** Δ(y) = Σᵢ p(kᵢ, y) δᵢ over all edits: what they add up to at a key y [f] that was not edited, [d]. */
export function accumulatedInterference(edits: readonly WrittenEdit[], y: Float64Array): Float64Array {
  const sum = new Float64Array(edits[0]?.delta.length ?? 0);
  for (const edit of edits) {
    const p = coefficientOf(edit, y);
    edit.delta.forEach((change, row) => (sum[row]! += p * change));
  }
  return sum;
}

/** The same at the key of edit `index`: only later edits disturb it, Σ over i > index. */
export const interferenceOnEdit = (edits: readonly WrittenEdit[], index: number): Float64Array => {
  const later = accumulatedInterference(edits.slice(index + 1), edits[index]!.key);
  return later.length > 0 ? later : new Float64Array(edits[index]!.delta.length);
};
