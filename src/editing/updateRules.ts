/**
 * The closed forms that turn keys and targets into weight updates; what differs between methods is a formula here.
 * Symbols (docs/symbols.md): W [d, f] maps a key k [f] to an output m [d]; C = E[k kᵀ] [f, f]; v* [d] is the target.
 * Everything is float64; the result is rounded once, when it becomes factors of an edit.
 */
import { invariant } from "../lib/errors";
import type { CholeskyFactor } from "../linalg/cholesky";
import { sideBySide, solveKeysDense, solveKeysLowRank, solveProjectedKeys } from "../linalg/lowRank";
import { dot, norm } from "../linalg/norms";
import { projectOnNullSpace, type NullSpace } from "../linalg/nullSpace";
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

/** What one layer is to learn: keys [f, n] and residuals [d, n] as columns, and keys [f, p] to be left alone. */
export type LayerSystem = {
  f: number;
  d: number;
  n: number;
  keys: Float64Array;
  residuals: Float64Array;
  kept: Float64Array;
};

/** Turns a layer's system into X [f, n], the right factor of ΔW = R Xᵀ. */
export type LayerRule = (system: LayerSystem) => Float64Array;

/**
 * MEMIT (arXiv 2210.07229, equation 14; algorithms.md 4.2): ΔW = R Kᵀ (λC + K Kᵀ + K_p K_pᵀ)⁻¹. Through C's factor
 * while the keys are fewer than dimensions, else through the whole matrix.
 */
export const leastSquaresRule =
  (factor: CholeskyFactor, c: () => Float64Array, lambda: number): LayerRule =>
  ({ f, n, keys, kept }) =>
    n + kept.length / f < f
      ? solveKeysLowRank(factor, keys, n, lambda, kept)
      : solveKeysDense(c(), f, keys, lambda, kept);

/**
 * AlphaEdit (arXiv 2410.02355, equation 14; algorithms.md 7.1): (P (K Kᵀ + K_p K_pᵀ) + μI) ΔWᵀ = P K Rᵀ, solved as a
 * system of the keys' number, in which P's symmetry makes it positive definite.
 */
export const nullSpaceRule =
  (space: NullSpace, ridge: number): LayerRule =>
  ({ f, n, keys, kept }) => {
    const all = kept.length === 0 ? keys : sideBySide(keys, kept, f);
    return solveProjectedKeys(projectOnNullSpace(space, all), f, n, ridge);
  };

/** Vectors of equal length as the columns of a matrix [length, count], row-major. */
export function asColumns(vectors: readonly Float64Array[], length: number): Float64Array {
  const matrix = new Float64Array(length * vectors.length);
  vectors.forEach((vector, column) =>
    vector.forEach((value, row) => (matrix[row * vectors.length + column] = value)),
  );
  return matrix;
}
