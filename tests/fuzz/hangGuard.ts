/**
 * A case that never ends blocks its thread, the test runner's limits with it. This thread beside it sees that the seed
 * no longer changes, prints it and ends the process.
 */
import { Worker } from "node:worker_threads";

const WATCHER = `
  const { workerData: { seed, bound } } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  let [last, since] = [NaN, Date.now()];
  setInterval(() => {
    if (seed[0] !== last) [last, since] = [seed[0], Date.now()];
    if (last < 0 || Date.now() - since < bound) return;
    writeSync(2, "\\nA fuzz case does not end. Run it again with PALIMPSEST_FUZZ_SEED=" + last + " npm run fuzz\\n");
    process.kill(process.pid, "SIGKILL");
  }, 500);
`;

/** Call the result with every case's seed, and with undefined when none is running. `bound` in milliseconds. */
export function guardAgainstHangs(bound: number): (seed: number | undefined) => void {
  const seed = new Float64Array(new SharedArrayBuffer(8)).fill(-1);
  new Worker(WATCHER, { eval: true, workerData: { seed, bound } }).unref();
  return (now) => void (seed[0] = now ?? -1);
}
