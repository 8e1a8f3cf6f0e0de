/**
 * The closed forms that turn keys and targets into weight updates; what differs between methods is a formula here.
 * Symbols (docs/symbols.md): W [d, f] maps a key k [f] to an output m [d]; C = E[k kᵀ] [f, f]; v* [d] is the target.
 * Everything is float64; the result is rounded once, when it becomes factors of an edit.
 */
import { invariant } from "../lib/errors";
import type { CholeskyFactor } from "../linalg/cholesky";
import { dot, norm } from "../linalg/norms";
import { solveFactored } from "../linalg/triangular";

/** A key and the output the current weights give for it. */
export type KeyAndOutput = { key: Float64Array; output: Float64Array };

/**
 * Which key stands in the update's direction and in its denominator. `published`: ROME's code, the mean over contexts
 * above and the bare prompt's below; `bare` and `mean` use one key for both (R-ROME's two variants).
 */
export type KeyChoice = "published" | "bare" | "mean";

export type RankOneInput = {
  bare: KeyAndOutput;
  mean: KeyAndOutput;
  target: Float64Array;
  choice: KeyChoice;
  /** Factor of C; without it the direction is the key itself. */
  secondMoment?: CholeskyFactor | undefined;
};

export type RankOne = {
  /** Unit direction in key space [f]: C⁻¹k / ‖C⁻¹k‖. */
  direction: Float64Array;
  /** What is written along it [d]: Λ = (v* − m) / (k · u). */
  value: Float64Array;
  /** k and m of the denominator. */
  used: KeyAndOutput;
  /** k · u. */
  denominator: number;
};

/**
 * ROME's update ΔW = Λ uᵀ (arXiv 2202.05262, equation 2; algorithms.md 2.3 and 3): afterwards W' k = v* holds exactly
 * for the key in the denominator.
 */
export function rankOneUpdate({ bare, mean, target, choice, secondMoment }: RankOneInput): RankOne {
  const above = choice === "bare" ? bare : mean;
  const used = choice === "mean" ? mean : bare;
  const direction = unit(secondMoment ? solveFactored(secondMoment, above.key) : above.key);
  const denominator = dot(used.key, direction);
  const value = target.map((v, i) => (v - used.output[i]!) / denominator);
  return { direction, value, used, denominator };
}

function unit(x: Float64Array): Float64Array {
  const length = norm(x);
  invariant(length > 0, "a key is the zero vector");
  return x.map((value) => value / length);
}
