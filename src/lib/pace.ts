/** Estimates the remaining time of a job from its pace so far. */

/** Elapsed time below which an estimate would be a guess, in milliseconds. */
const TOO_EARLY = 300;

/** Returns a function of work done and in all that gives the seconds left, once there is a pace. */
export function createPace(now: () => number = () => performance.now()) {
  const started = now();
  return (done: number, total: number): number | undefined => {
    const elapsed = now() - started;
    if (done <= 0 || total <= 0 || elapsed < TOO_EARLY) return undefined;
    return ((elapsed / done) * (total - done)) / 1000;
  };
}
