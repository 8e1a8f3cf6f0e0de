/** One step of a target's descent: the decay's own gradient, Adam, and the ball around zero (algorithms.md 0.7). */
import { norm } from "../linalg/norms";
import type { Adam } from "./adam";

export type TargetMove = {
  adam: Adam;
  /** ‖t‖ of the site's output before the edit. */
  initialNorm: number;
  weightDecay: number;
  clampNormFactor: number;
};

/** Changes `delta` in place, and `gradient`, which belongs to nobody afterwards. */
export function moveTarget(
  delta: Float64Array,
  gradient: Float64Array,
  { adam, initialNorm, weightDecay, clampNormFactor }: TargetMove,
): void {
  const length = norm(delta);
  // ‖δ‖ has no gradient at 0; there the published code's is zero.
  const decay = weightDecay / initialNorm ** 2;
  if (length > 0) for (let i = 0; i < delta.length; i++) gradient[i]! += (decay * delta[i]!) / length;
  adam.update(delta, gradient);
  clamp(delta, clampNormFactor * initialNorm);
}

/** Projects onto the ball and rounds to float32, the precision the model sees. */
function clamp(delta: Float64Array, radius: number): void {
  const length = norm(delta);
  const factor = length > radius ? radius / length : 1;
  for (let i = 0; i < delta.length; i++) delta[i] = Math.fround(delta[i]! * factor);
}
