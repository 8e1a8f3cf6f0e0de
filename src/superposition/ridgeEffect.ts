/**
 * What a ridge on C does to P. Where C is singular or badly conditioned, P depends on what is added to the diagonal;
 * the same numbers with another ridge show how much.
 */
import type { RidgeEffect } from "../domain/superposition";
import { BADLY_CONDITIONED } from "../editing/statisticsWarnings";
import { AppError } from "../lib/errors";
import { choleskySteps, type CholeskyFactor } from "../linalg/cholesky";
import { gramSteps } from "../linalg/gram";
import { trace } from "../linalg/norms";
import type { Steps } from "../linalg/steps";
import { excessKurtosis } from "./distribution";
import { interferenceMatrix, offDiagonal } from "./interference";
import { whitenSteps } from "./whitening";

/** Beside a C that needs no ridge (relative to tr(C)/f). */
const SMALL = 1e-6;

/** The other ridges to compare with: ten times and a tenth of the one used, or a small one where none was needed. */
export function ridgesToCompare(ridge: number, condition: number): number[] {
  if (ridge > 0) return [ridge / 10, ridge * 10];
  return condition >= BADLY_CONDITIONED ? [SMALL] : [];
}

/** P off the diagonal, with `ridge` · tr(C)/f on C's diagonal, against `used`. A ridge that is too small gives nothing. */
export function* ridgeEffectSteps(
  c: Float64Array,
  keys: Float64Array,
  ridge: number,
  used: Float64Array,
): Steps<RidgeEffect | undefined> {
  const f = Math.sqrt(c.length);
  const factor = yield* factorOrNothing(c, f, (ridge * trace(c, f)) / f);
  if (!factor) return undefined;
  const n = keys.length / f;
  const other = offDiagonal(interferenceMatrix(yield* gramSteps(yield* whitenSteps(factor, keys), f), n), n);
  let largestChange = 0;
  let squares = 0;
  for (let at = 0; at < other.length; at++) {
    const change = Math.abs(other[at]! - used[at]!);
    largestChange = Math.max(largestChange, change);
    squares += change * change;
  }
  return {
    ridge,
    largestChange,
    rmsChange: Math.sqrt(squares / other.length),
    kurtosis: excessKurtosis(other),
  };
}

function* factorOrNothing(c: Float64Array, f: number, shift: number): Steps<CholeskyFactor | undefined> {
  try {
    return yield* choleskySteps(c, f, shift);
  } catch (error) {
    if (error instanceof AppError && error.code === "singular-matrix") return undefined;
    throw error;
  }
}
