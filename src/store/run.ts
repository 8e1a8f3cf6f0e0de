/**
 * A job's life as one union, and the one way to drive it: a newer start silences the older, stopping is not a
 * failure, and nothing reports after it has been silenced.
 */
import type { CallContext, Progress } from "../domain/progress";
import { AppError } from "../lib/errors";

export type Run<Result, Partial = never> =
  | { status: "idle" }
  | { status: "running"; progress: Progress | undefined; partial: Partial | undefined; stop: () => void }
  | { status: "done"; result: Result }
  | { status: "failed"; error: AppError };

export const IDLE = { status: "idle" } as const;

export type RunDriver<Result, Partial> = {
  /** Resolves to the result, or to undefined when the job was stopped, superseded or failed. */
  start(job: (context: CallContext<Partial>) => Promise<Result>): Promise<Result | undefined>;
  /** Aborts the job under way, if any, and goes back to idle. */
  stop(): void;
};

/** Anything thrown, as an error the page can show. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError(
    "internal",
    message,
    "This is a bug in Palimpsest. Nothing you made is lost; try again.",
  );
}

function isCancellation(error: AppError, signal: AbortSignal): boolean {
  return signal.aborted || error.code === "cancelled";
}

/**
 * Drives one slot of state through a job's life. `report` is called with every change; partial results are joined
 * to earlier ones by `join` (default: the newest replaces).
 */
export function createRun<Result, Partial = never>(
  report: (run: Run<Result, Partial>) => void,
  join: (earlier: Partial | undefined, next: Partial) => Partial = (_earlier, next) => next,
): RunDriver<Result, Partial> {
  let current: AbortController | undefined;

  const stop = (): void => {
    if (current === undefined) return;
    current.abort();
    current = undefined;
    report(IDLE);
  };

  const start: RunDriver<Result, Partial>["start"] = async (job) => {
    current?.abort();
    const controller = new AbortController();
    current = controller;
    const isCurrent = (): boolean => current === controller;
    let partial: Partial | undefined;

    report({ status: "running", progress: undefined, partial, stop });
    const onProgress = (progress: Progress, next?: Partial): void => {
      if (!isCurrent()) return;
      if (next !== undefined) partial = join(partial, next);
      report({ status: "running", progress, partial, stop });
    };
    try {
      const result = await job({ signal: controller.signal, onProgress });
      if (!isCurrent()) return undefined;
      current = undefined;
      report({ status: "done", result });
      return result;
    } catch (thrown) {
      if (!isCurrent()) return undefined;
      current = undefined;
      const error = toAppError(thrown);
      report(isCancellation(error, controller.signal) ? IDLE : { status: "failed", error });
      return undefined;
    }
  };

  return { start, stop };
}
