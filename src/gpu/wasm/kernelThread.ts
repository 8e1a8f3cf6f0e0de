/**
 * What one thread of the wasm engine does: takes pieces of a kernel's work from the control block, which lies in
 * memory that all threads share, and computes them with its own instance of the kernels on the engine's memory.
 *
 * Both functions use nothing but their arguments and the language: Node starts its threads from their text, because
 * there the engine runs unbundled, bundled and inside the test runner, and no file would be at the same place.
 */

/** Places of the control block's integers. */
export const CONTROL = {
  /** Counts the jobs; a sleeping thread waits for it to change. */
  sequence: 0,
  /** `open` while a job may be joined, plus the number of threads at work on it. */
  state: 1,
  /** The next unit that nobody has taken. */
  next: 2,
  units: 3,
  /** Units of one piece. */
  grain: 4,
  kernel: 5,
  argumentCount: 6,
  /** Which argument is the number of units, and which the scratch memory. −1: none. */
  unitsAt: 7,
  scratchAt: 8,
  /** Not 0 once a thread has failed: nothing it took part in can be trusted. */
  failed: 9,
  /** Counts the pieces that were not computed by the thread that gives the work out. */
  helped: 10,
  length: 16,
} as const;

export const OPEN = 2 ** 20;

/** Looks at the control block before a thread sleeps: jobs come close on one another, and waking takes longer. */
export const LOOKS = 4000;

/** Arguments of a kernel at most. */
export const MOST_ARGUMENTS = 24;

/** Everything a thread is given, once. */
export type ThreadStart = {
  module: WebAssembly.Module;
  /** Shared; the kernels' addresses are in it. */
  memory: WebAssembly.Memory;
  control: Int32Array<SharedArrayBuffer>;
  /** MOST_ARGUMENTS arguments, then by how much each grows per unit, then the bytes of scratch per thread. */
  numbers: Float64Array<SharedArrayBuffer>;
  /** The kernels' names; the control block holds indices into it. */
  kernels: readonly string[];
  /** 0 is the thread that gives the work out. */
  thread: number;
  places: typeof CONTROL;
  mostArguments: number;
  open: number;
  looks: number;
};

/** Gives a function that computes pieces of the job in the control block until none is left. */
export function takePieces(start: ThreadStart): () => void {
  const { control, numbers, places, mostArguments, thread } = start;
  const instance = new WebAssembly.Instance(start.module, { env: { memory: start.memory, log: Math.log } });
  const compute = start.kernels.map((name) => instance.exports[name] as (...values: number[]) => void);
  return () => {
    const kernel = compute[control[places.kernel]!]!;
    const units = control[places.units]!;
    const grain = control[places.grain]!;
    const count = control[places.argumentCount]!;
    for (;;) {
      const first = Atomics.add(control, places.next, grain);
      if (first >= units) return;
      const values: number[] = [];
      for (let at = 0; at < count; at++) values.push(numbers[at]! + first * numbers[mostArguments + at]!);
      if (control[places.unitsAt]! >= 0) values[control[places.unitsAt]!] = Math.min(grain, units - first);
      if (control[places.scratchAt]! >= 0) {
        values[control[places.scratchAt]!]! += thread * numbers[2 * mostArguments]!;
      }
      kernel(...values);
      if (thread > 0) Atomics.add(control, places.helped, 1);
    }
  };
}

/** A helping thread's whole life: joins every job that is open, sleeps in between. Never returns. */
export function serveJobs(start: ThreadStart, work: () => void): never {
  const { control, places, open, looks } = start;
  let seen = 0;
  for (;;) {
    for (let look = 0; look < looks && Atomics.load(control, places.sequence) === seen; look++);
    Atomics.wait(control, places.sequence, seen);
    seen = Atomics.load(control, places.sequence);
    for (;;) {
      const state = Atomics.load(control, places.state);
      if (state < open) break;
      if (Atomics.compareExchange(control, places.state, state, state + 1) !== state) continue;
      try {
        work();
      } catch {
        Atomics.store(control, places.failed, 1);
      }
      Atomics.sub(control, places.state, 1);
      Atomics.notify(control, places.state);
      break;
    }
  }
}
