/** Whether numbers are numbers: what is computed from weights out of a file or an edit may overflow, and must not be shown. */
import { AppError } from "./errors";

/** True when none of values[from … to - 1] is infinite or NaN. */
export function areFinite(values: Float32Array | Float64Array, from = 0, to = values.length): boolean {
  // Zero times a finite number is zero: one multiplication and one addition each, no branch.
  let sum = 0;
  for (let at = from; at < to; at++) sum += values[at]! * 0;
  return sum === 0;
}

/** The model's logits or losses as they are; throws AppError `not-finite` when they cannot be believed. */
export function assertFiniteAnswer<Values extends Float32Array | Float64Array>(values: Values): Values {
  if (areFinite(values)) return values;
  const message =
    "The model's answer is no number: its weights, or an edit on them, are too large to compute with.";
  throw new AppError("not-finite", message, "Switch off the newest edit, or get the model's files again.");
}
