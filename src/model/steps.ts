/**
 * A long computation as a sequence of steps, one per block, so that one definition serves two callers: gradients need
 * it whole and synchronous, jobs need pauses in which a cancel can arrive.
 */
import { throwIfCancelled } from "../lib/cancel";
import { yieldToEvents } from "../lib/yieldToEvents";

/** Yields between blocks; returns the result. On an early return it frees what it holds. */
export type Steps<Result> = Generator<void, Result, void>;

/** All steps at once. */
export function runAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Lets other events in after every step. Throws `cancelled` when the signal is aborted; nothing stays allocated then. */
export async function runWithPauses<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  try {
    for (;;) {
      throwIfCancelled(signal);
      const step = steps.next();
      if (step.done) return step.value;
      await yieldToEvents();
    }
  } finally {
    steps.return(undefined as never);
  }
}
