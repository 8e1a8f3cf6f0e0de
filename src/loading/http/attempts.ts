/** Tries again what may succeed later: waiting longer each time, giving up after some tries without progress. */
import { cancelled, Retryable } from "./networkError";

export type RetryPolicy = {
  /** Tries without progress before giving up. */
  tries: number;
  /** Wait before the second try, in milliseconds; doubles with every further one. */
  firstWait: number;
  /** Longest silence of the server before the connection counts as broken, in milliseconds. */
  stall: number;
};

export const DEFAULT_POLICY: RetryPolicy = { tries: 6, firstWait: 500, stall: 30_000 };

const LONGEST_WAIT = 30_000;

/**
 * Calls `attempt` until it returns. It throws `Retryable` to be called again; progress made before that resets
 * the count of tries.
 * @param progress grows while attempts succeed in part
 * @param giveUp the error to throw after the last try
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  progress: () => number,
  giveUp: (reason: Retryable) => Error,
  signal?: AbortSignal,
): Promise<T> {
  let [failed, reached] = [0, progress()];
  for (;;) {
    if (signal?.aborted) throw cancelled();
    try {
      return await attempt();
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      if (!(error instanceof Retryable)) throw error;
      if (progress() > reached) [failed, reached] = [0, progress()];
      failed++;
      if (failed >= policy.tries || isOffline()) throw giveUp(error);
      const wait = (error.waitSeconds ?? 0) * 1000 || policy.firstWait * 2 ** (failed - 1);
      await sleep(Math.min(wait, LONGEST_WAIT), signal);
    }
  }
}

/** Only the browser knows, and only this much is sure: without any network there is nothing to wait for. */
const isOffline = (): boolean => (globalThis.navigator as Navigator | undefined)?.onLine === false;

/** Ends early, without error, when the signal fires. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
}
