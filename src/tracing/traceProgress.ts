/** Progress of a trace: steps within a token are reported a few times a second, finished rows always. */
import type { CallContext, Progress } from "../domain/progress";
import type { TracePartial } from "../domain/trace";
import { createPace } from "../lib/pace";

const MILLISECONDS_BETWEEN_STEPS = 100;

export type TraceProgress = {
  /** Work done within a token. */
  step(work: number): void;
  row(partial: TracePartial): void;
};

export function createTraceProgress(
  total: number,
  rows: number,
  onProgress: CallContext<TracePartial>["onProgress"],
): TraceProgress {
  const pace = createPace();
  let done = 0;
  let finished = 0;
  let last = performance.now();

  const progress = (): Progress => {
    const secondsLeft = pace(done, total);
    const note = `token ${Math.min(finished + 1, rows)} of ${rows}`;
    return { note, done, total, ...(secondsLeft === undefined ? {} : { secondsLeft }) };
  };
  return {
    step(work) {
      done += work;
      if (performance.now() - last < MILLISECONDS_BETWEEN_STEPS) return;
      last = performance.now();
      onProgress(progress());
    },
    row(partial) {
      finished++;
      onProgress(progress(), partial);
    },
  };
}
