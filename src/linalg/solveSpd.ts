/**
 * Systems A X = B with a symmetric positive definite A: factor, decide on a ridge, solve, and report both.
 * A ridge is relative to the mean of the diagonal, tr(A)/n, so that its meaning does not depend on A's scale.
 */
import { AppError } from "../lib/errors";
import { choleskySteps, type CholeskyFactor } from "./cholesky";
import { spectrumSteps } from "./condition";
import { trace } from "./norms";
import { runAtOnce, runWithPauses, type Steps } from "./steps";
import { solveFactored } from "./triangular";

/** The solution's relative error is about condition · eps: from here on no digit can be trusted. */
const NO_DIGITS_LEFT = 0.1;

/**
 * `never`: a singular matrix is refused. `whenNeeded`: `amount` is added when A is singular or its condition passes
 * `conditionLimit`. `always`: `amount` is added.
 */
export type RidgePolicy =
  | { kind: "never" }
  | { kind: "whenNeeded"; amount: number; conditionLimit: number }
  | { kind: "always"; amount: number };

/** A ready factor and what was done to get it. `ridge` is relative to tr(A)/n; 0 when none was added. */
export type SpdFactor = CholeskyFactor & { ridge: number; condition: number };

/** Factors A [n, n] under a ridge policy. Throws AppError `singular-matrix` when the policy does not help. */
export function factorSpd(a: Float64Array, n: number, policy: RidgePolicy = { kind: "never" }): SpdFactor {
  return runAtOnce(factorSteps(a, n, policy));
}

/** `factorSpd` that lets events in on the way. Throws `cancelled` as well. */
export function factorSpdWithPauses(
  a: Float64Array,
  n: number,
  policy: RidgePolicy,
  signal?: AbortSignal,
): Promise<SpdFactor> {
  return runWithPauses(factorSteps(a, n, policy), signal);
}

function* factorSteps(a: Float64Array, n: number, policy: RidgePolicy): Steps<SpdFactor> {
  if (policy.kind === "always") return yield* ridgeSteps(a, n, policy.amount);
  if (policy.kind === "never") return yield* ridgeSteps(a, n, 0);
  try {
    const plain = yield* ridgeSteps(a, n, 0);
    if (plain.condition <= policy.conditionLimit) return plain;
  } catch (error) {
    if (!(error instanceof AppError && error.code === "singular-matrix")) throw error;
  }
  return yield* ridgeSteps(a, n, policy.amount);
}

function* ridgeSteps(a: Float64Array, n: number, ridge: number): Steps<SpdFactor> {
  const factor = yield* choleskySteps(a, n, (ridge * trace(a, n)) / n);
  const { condition } = yield* spectrumSteps(factor);
  if (condition * Number.EPSILON > NO_DIGITS_LEFT) throw noDigitsLeft(n, condition);
  return { ...factor, ridge, condition };
}

function noDigitsLeft(n: number, condition: number): AppError {
  return new AppError(
    "singular-matrix",
    `The matrix is singular to working precision: its condition is about ${condition.toExponential(0)}.`,
    "Use statistics from more text, or add a ridge.",
    { size: n, condition },
  );
}

/** X = (A + ridge)⁻¹ B for B [n, columns], with the ridge used and the condition estimate. */
export function solveSpd(
  a: Float64Array,
  n: number,
  b: Float64Array,
  columns = 1,
  policy: RidgePolicy = { kind: "never" },
): { x: Float64Array; ridge: number; condition: number } {
  const factor = factorSpd(a, n, policy);
  return { x: solveFactored(factor, b, columns), ridge: factor.ridge, condition: factor.condition };
}
