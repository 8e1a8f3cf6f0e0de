/**
 * Keys in whitened space: with C = L Lᵀ, x̃ = L⁻¹x has xᵀC⁻¹y = x̃ · ỹ (algorithms.md 18.2). Rows are facts. Float64; in steps
 * of some milliseconds.
 */
import type { CholeskyFactor } from "../linalg/cholesky";
import type { Steps } from "../linalg/steps";
import { solveLowerForRows } from "../linalg/triangular";

/** Facts whitened between two pauses. */
const ROWS_AT_ONCE = 64;

/** Every row x of K [n, f] as x̃ = L⁻¹x. */
export function* whitenSteps(factor: CholeskyFactor, keys: Float64Array): Steps<Float64Array> {
  const whitened = Float64Array.from(keys);
  const step = ROWS_AT_ONCE * factor.n;
  for (let from = 0; from < keys.length; from += step) {
    solveLowerForRows(factor, whitened.subarray(from, from + step));
    yield;
  }
  return whitened;
}
