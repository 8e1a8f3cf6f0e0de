/** A step's progress told as a part of its sequence: which of all edits, and how long the rest will take. Pure. */
import type { LifelongPoint } from "../domain/lifelong";
import type { Progress } from "../domain/progress";
import type { LifelongRun } from "./keptRuns";

/** The newest steps that the pace is taken from: measuring takes longer the more edits there are to ask about. */
const RECENT = 3;

/** Undefined until a step of the sequence has been timed. */
function millisecondsPerEdit(points: readonly LifelongPoint[]): number | undefined {
  const recent = points.slice(-RECENT - 1);
  const edits = recent.at(-1)!.edits - recent[0]!.edits;
  const spent = recent.slice(1).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return edits > 0 ? spent / edits : undefined;
}

export function lifelongProgress(
  { points, requests }: Pick<LifelongRun, "points" | "requests">,
  step: Progress,
): Progress {
  const total = requests.length;
  if (points.length === 0) return { ...step, done: 0, total };
  const done = Math.min(total, points.at(-1)!.edits + step.done);
  const pace = millisecondsPerEdit(points);
  return {
    note: step.note,
    done,
    total,
    ...(pace !== undefined && { secondsLeft: (pace * (total - done)) / 1000 }),
  };
}
