/** When a sequence of edits broke the model, if it did. Pure. */
import type { LifelongPoint } from "../../domain/lifelong";

export type Collapse = { edits: number; of: "untouched" | "efficacy" };

const HALF = 0.5;

/**
 * The first point at which untouched facts have lost half of their probability before any edit, or the edits half of
 * the best efficacy so far. Undefined while neither has happened.
 */
export function findCollapse(points: readonly LifelongPoint[]): Collapse | undefined {
  const start = points[0]?.untouched?.p ?? 0;
  let best = 0;
  for (const { edits, untouched, efficacy } of points) {
    if (untouched && untouched.p < HALF * start) return { edits, of: "untouched" };
    if (!efficacy) continue;
    best = Math.max(best, efficacy.p);
    if (efficacy.p < HALF * best) return { edits, of: "efficacy" };
  }
  return undefined;
}
