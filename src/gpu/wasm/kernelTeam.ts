/**
 * Runs kernels, large ones on several threads. The work of a kernel is a number of units (output columns, rows,
 * elements) that do not depend on each other; a piece of them is the same kernel with some arguments moved on. Which
 * thread takes a piece changes no bit of the result.
 */
import { AppError, invariant } from "../../lib/errors";
import { CONTROL, LOOKS, MOST_ARGUMENTS, OPEN, takePieces, type ThreadStart } from "./kernelThread";
import type { KernelExports, KernelName } from "./kernelModule";

/** How a kernel's work may be cut. */
export type Cut = {
  units: number;
  /** Pieces are multiples of it. */
  multiple: number;
  /** Multiplications or their like in the whole; small work is not worth waking anybody. */
  work: number;
  /** Which argument is the number of units. */
  unitsAt: number;
  /** What an argument grows by per unit, by its place; 0 where nothing is said. */
  steps: Readonly<Record<number, number>>;
  /** Which argument is the scratch memory, and the bytes each thread needs of it. */
  scratch?: { at: number; bytes: number } | undefined;
};

/** Starts a helping thread; the platform's part. */
export type StartThread = (start: ThreadStart) => { stop(): void };

/** Below this much work a job costs more than it saves: waking a thread takes as long as some 100,000 products. */
export const LEAST_WORK = 1_000_000;
/** Pieces per thread: enough that a thread that is held up does not keep the others waiting. */
const PIECES = 4;
/** A piece takes milliseconds; a thread that is silent for this long is gone. */
const PATIENCE_MS = 20_000;

/** What it takes to have help. */
export type Crew = {
  /** The kernels' instructions, for shared memory. */
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** This one included. */
  threads: number;
  startThread: StartThread;
};

export class KernelTeam {
  /** For what is never cut. */
  readonly kernels: KernelExports;
  /** Work that is worth waking threads for; 0 lets tests cut everything. */
  leastWork = LEAST_WORK;
  readonly #names: readonly string[];
  readonly #jobs: Jobs | undefined;

  /** Without a crew everything is computed here, by `kernels`. */
  constructor(kernels: KernelExports, crew?: Crew) {
    this.kernels = kernels;
    this.#names = Object.keys(kernels);
    if (crew && crew.threads > 1) this.#jobs = startJobs(crew, this.#names);
  }

  get threads(): number {
    return 1 + (this.#jobs?.helpers.length ?? 0);
  }

  /** Pieces that other threads have computed so far. */
  get helped(): number {
    return this.#jobs ? Atomics.load(this.#jobs.control, CONTROL.helped) : 0;
  }

  /** Computes the kernel; returns when all of it is done. @throws AppError `device-lost` when a thread has gone */
  run(kernel: KernelName, values: readonly number[], cut?: Cut): void {
    const jobs = this.#jobs;
    if (!jobs || !cut || cut.work < this.leastWork || cut.units <= cut.multiple) {
      (this.kernels[kernel] as (...all: number[]) => void)(...values);
      return;
    }
    write(jobs, this.#names.indexOf(kernel), values, cut, this.threads);
    open(jobs);
    try {
      jobs.work();
    } finally {
      close(jobs);
    }
  }

  stop(): void {
    for (const helper of this.#jobs?.helpers ?? []) helper.stop();
  }
}

type Jobs = {
  control: Int32Array<SharedArrayBuffer>;
  numbers: Float64Array<SharedArrayBuffer>;
  work: () => void;
  helpers: readonly { stop(): void }[];
};

function startJobs({ module, memory, threads, startThread }: Crew, kernels: readonly string[]): Jobs {
  const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL.length));
  const numbers = new Float64Array(new SharedArrayBuffer(8 * (2 * MOST_ARGUMENTS + 1)));
  const start = (thread: number): ThreadStart => ({
    ...{ module, memory, control, numbers, kernels, thread },
    ...{ places: CONTROL, mostArguments: MOST_ARGUMENTS, open: OPEN, looks: LOOKS },
  });
  const helpers = Array.from({ length: threads - 1 }, (_, helper) => startThread(start(helper + 1)));
  return { control, numbers, work: takePieces(start(0)), helpers };
}

function write(
  { control, numbers }: Jobs,
  kernel: number,
  values: readonly number[],
  cut: Cut,
  threads: number,
): void {
  invariant(values.length <= MOST_ARGUMENTS, "a kernel has few arguments");
  values.forEach((value, at) => {
    numbers[at] = value;
    numbers[MOST_ARGUMENTS + at] = cut.steps[at] ?? 0;
  });
  numbers[2 * MOST_ARGUMENTS] = cut.scratch?.bytes ?? 0;
  control[CONTROL.kernel] = kernel;
  control[CONTROL.argumentCount] = values.length;
  control[CONTROL.units] = cut.units;
  control[CONTROL.unitsAt] = cut.unitsAt;
  control[CONTROL.scratchAt] = cut.scratch?.at ?? -1;
  const multiples = Math.ceil(cut.units / cut.multiple);
  control[CONTROL.grain] = cut.multiple * Math.ceil(multiples / (PIECES * threads));
}

function open({ control }: Jobs): void {
  Atomics.store(control, CONTROL.next, 0);
  Atomics.store(control, CONTROL.state, OPEN);
  Atomics.add(control, CONTROL.sequence, 1);
  Atomics.notify(control, CONTROL.sequence);
}

/** Lets nobody join any more and waits for those who have. */
function close({ control }: Jobs): void {
  Atomics.sub(control, CONTROL.state, OPEN);
  for (let look = 0; look < LOOKS && Atomics.load(control, CONTROL.state) !== 0; look++);
  for (;;) {
    const atWork = Atomics.load(control, CONTROL.state);
    if (atWork === 0) break;
    if (Atomics.wait(control, CONTROL.state, atWork, PATIENCE_MS) === "timed-out") throw threadLost();
  }
  if (Atomics.load(control, CONTROL.failed) !== 0) throw threadLost();
}

function threadLost(): AppError {
  return new AppError(
    "device-lost",
    "A thread of the WebAssembly engine stopped in the middle of a computation.",
    "Start the job again: the engine starts anew, and no edit is lost.",
  );
}
