/**
 * Steps that may never end, watched across the thread border. The worker says when one begins and when it has ended;
 * the page counts the seconds between and ends the worker, since nothing else can. What a step is, domain/watch.ts tells.
 */
import { WATCH_BOUND, type Watch, type WatchedStep } from "../domain/watch";
import type { LabNotice } from "./messages";

/** The worker's half: tells of every outermost step before it blocks the thread. */
export function announceSteps(tell: (notice: LabNotice) => void): Watch {
  let depth = 0;
  return (step, body) => {
    if (depth++ === 0) tell({ kind: "watch", step });
    try {
      return body();
    } finally {
      if (--depth === 0) tell({ kind: "watch", step: undefined });
    }
  };
}

export type Watchdog = {
  /** News from the worker: a step began, or (undefined) ended. */
  hear(step: WatchedStep | undefined): void;
  stop(): void;
};

/** How often the page looks, as a share of the bound. */
const TICKS = 15;

/**
 * The page's half. The bound is counted in ticks rather than read off a clock: a computer that slept, or a tab that was
 * frozen, misses ticks, and its worker is not blamed for that.
 */
export function createWatchdog(onOverdue: (step: WatchedStep) => void, bound = WATCH_BOUND): Watchdog {
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    stop,
    hear(step) {
      stop();
      if (step === undefined) return;
      let ticks = 0;
      timer = setInterval(() => {
        if (++ticks < TICKS) return;
        stop();
        onOverdue(step);
      }, bound / TICKS);
    },
  };
}
