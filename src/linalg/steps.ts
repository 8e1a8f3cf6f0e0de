/** Long algebra in steps of some milliseconds: whole for tests and small systems, with pauses for jobs. */
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";

/** A step may yield how much of the whole is done, 0 … 1. */
export type Steps<Result> = Generator<number | void, Result, void>;

export function runAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Lets other events in after every step. Throws AppError `cancelled`. */
export async function runWithPauses<Result>(
  steps: Steps<Result>,
  signal?: AbortSignal,
  onFraction?: (done: number) => void,
): Promise<Result> {
  for (;;) {
    throwIfCancelled(signal);
    const step = steps.next();
    if (step.done) return step.value;
    if (step.value !== undefined) onFraction?.(step.value);
    await yieldToEvents();
  }
}
