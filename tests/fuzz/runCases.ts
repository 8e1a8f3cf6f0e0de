/**
 * Runs the cases of one kind and says what counts as a failure whatever the kind: anything thrown that is no AppError
 * for the user, a case that takes too long or never ends, memory that stays, a prototype that changed. Every failure
 * names its seed and the command that runs this one case again. What a kind's own answers must be, its body says.
 */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { AppError } from "../../src/lib/errors";
import { seededRandom, type Random } from "../../src/loading/testing/mutate";
import { guardAgainstHangs } from "./hangGuard";

export type Outcome = "opened" | "refused";

/** Cases of a kind of share 1. */
const CASES = Number(process.env["PALIMPSEST_FUZZ"] ?? 300);
/** One case to run again; every other is passed over. */
const ONLY =
  process.env["PALIMPSEST_FUZZ_SEED"] === undefined ? undefined : Number(process.env["PALIMPSEST_FUZZ_SEED"]);
/** Other seeds than last time, for long runs by hand. */
const SKIP = Number(process.env["PALIMPSEST_FUZZ_SKIP"] ?? 0);

/** Seeds of one kind follow each other; kinds lie this far apart. */
const SEEDS_OF_A_KIND = 100_000_000;
/** Milliseconds of a processor that one case may take; the slowest takes a twentieth. A busy machine is not to blame. */
const SLOWEST = 5000;
/** Bytes that one case may leave to the garbage collector, and that a thousand cases may keep. */
const MOST_LEFT = 256e6;
const MOST_KEPT = 24e6;
/** Caches fill in the first cases. */
const WARM_UP = 50;

/** A day: long runs are wanted. */
export const FUZZ_TIMEOUT = 24 * 3600_000;

type KindOptions = {
  /** The kind's place among all, which its seeds follow from. */
  kind: number;
  /** More or fewer cases than others have. */
  share?: number;
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const touch = guardAgainstHangs(12 * SLOWEST);

/**
 * Calls `body` once per seed. It returns whether the damaged thing was taken or refused; an AppError counts as refused.
 * Both must occur, or the damage is too gross or too slight to find anything.
 */
export async function runCases(
  { kind, share = 1 }: KindOptions,
  body: (random: Random) => unknown,
): Promise<void> {
  const first = kind * SEEDS_OF_A_KIND + SKIP;
  const seeds = ONLY === undefined ? range(first, Math.round(CASES * share)) : ofThisKind(ONLY, kind);
  const outcomes = { opened: 0, refused: 0 };
  let settled = 0;
  for (const [index, seed] of seeds.entries()) {
    if (index === WARM_UP) settled = await heldBytes();
    touch(seed);
    outcomes[await runOne(seed, body)]++;
  }
  touch(undefined);
  if (seeds.length > 4 * WARM_UP) {
    const kept = (await heldBytes()) - settled;
    expect(kept, `bytes kept after ${seeds.length} cases`).toBeLessThan(
      MOST_KEPT * Math.ceil(seeds.length / 1000),
    );
    expect(outcomes.opened, "cases taken").toBeGreaterThan(0);
    expect(outcomes.refused, "cases refused").toBeGreaterThan(0);
  }
}

async function runOne(seed: number, body: (random: Random) => unknown): Promise<Outcome> {
  const [started, before] = [process.cpuUsage(), usedBytes()];
  try {
    const outcome = await outcomeOf(body, seed);
    const took = process.cpuUsage(started).user / 1000;
    if (took > SLOWEST) throw new Error(`took ${Math.round(took)} ms`);
    const left = usedBytes() - before;
    if (left > MOST_LEFT) throw new Error(`left ${Math.round(left / 1e6)} MB behind`);
    assertPrototypesUntouched();
    return outcome;
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`Run it again with PALIMPSEST_FUZZ_SEED=${seed} npm run fuzz\n${reason}`, {
      cause: error,
    });
  }
}

async function outcomeOf(body: (random: Random) => unknown, seed: number): Promise<Outcome> {
  try {
    return (await body(seededRandom(seed))) === "refused" ? "refused" : "opened";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // What the user reads: a cause, not a bug's, of a length that fits on the page.
    if (error.code === "internal") throw error;
    if (error.message === "" || error.message.length > 900) throw error;
    return "refused";
  }
}

const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

const ofThisKind = (seed: number, kind: number): number[] =>
  Math.floor(seed / SEEDS_OF_A_KIND) === kind ? [seed] : [];

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Buffers are freed by other threads some time after they were found to be garbage, so the least of a few looks counts. */
async function heldBytes(): Promise<number> {
  let least = Infinity;
  for (let looks = 0; looks < 4; looks++) {
    collectGarbage();
    await setImmediate();
    least = Math.min(least, usedBytes());
  }
  return least;
}

const PROTOTYPES = [Object, Array, Function, String, Number, Map, RegExp, Promise].map(
  ({ prototype }) => prototype as object,
);
const keysOf = (value: object): string => Reflect.ownKeys(value).map(String).join();
const untouched = PROTOTYPES.map(keysOf);

function assertPrototypesUntouched(): void {
  PROTOTYPES.forEach((prototype, index) => {
    if (keysOf(prototype) !== untouched[index])
      throw new Error(`a prototype has changed: ${keysOf(prototype)}`);
  });
}
