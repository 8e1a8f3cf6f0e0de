/**
 * Makes tfjs's memory allocation fail loudly. tfjs never looks at what malloc returns, so a full memory would be
 * overwritten from address 0; and Emscripten's sbrk of this version wraps around at 4 GiB and hands out memory that is
 * in use.
 */
import { AppError } from "../../lib/errors";

/** What we use of tfjs's Emscripten module. The memory object stays valid when it grows, views on it do not. */
export type EmscriptenModule = {
  _malloc: (bytes: number) => number;
  _free: (address: number) => void;
  HEAPU8: Uint8Array;
  asm: { memory: WebAssembly.Memory };
};

export interface AllocationGuard {
  /** @throws AppError `out-of-memory` once the allocator has lost its bearings */
  assertHealthy(): void;
}

/** sbrk takes larger sizes for negative ones. */
const MOST_BYTES = 2 ** 31 - 2 ** 16;

const guards = new WeakMap<EmscriptenModule, AllocationGuard>();

/** Replaces the module's malloc by one that throws AppError `out-of-memory`; once per module. */
export function guardAllocation(module: EmscriptenModule): AllocationGuard {
  const known = guards.get(module);
  if (known) return known;
  let failure: AppError | undefined;
  const assertHealthy = () => {
    if (failure) throw failure;
  };
  // Emscripten's entry replaces itself with the real function at its first call, and would replace ours.
  module._free(module._malloc(1));
  const malloc = module._malloc;
  module._malloc = (bytes) => {
    assertHealthy();
    const address = bytes <= MOST_BYTES ? malloc(bytes) >>> 0 : 0;
    if (address === 0 && bytes > 0) throw outOfMemory(module, bytes);
    if (address + bytes > module.HEAPU8.byteLength) {
      // The break wrapped around: the next allocations would overlap live tensors, so there must be none.
      failure = outOfMemory(module, bytes);
      throw failure;
    }
    return address;
  };
  const guard = { assertHealthy };
  guards.set(module, guard);
  return guard;
}

function outOfMemory(module: EmscriptenModule, bytes: number): AppError {
  return new AppError(
    "out-of-memory",
    `The WebAssembly memory is full: ${Math.ceil(bytes / 2 ** 20)} MiB more could not be had.`,
    "Take a smaller model or shorter texts, or choose WebGPU.",
    { bytes, heldBytes: module.HEAPU8.byteLength },
  );
}
