/**
 * What a backend can hold on this device. WebAssembly's limit is its address space. Of graphics memory no browser
 * tells; it tells how much memory the device has, rounded and capped, and half of that is what a page may count on.
 */
import type { Backend } from "../domain/model";
import type { MemoryLimit } from "../domain/modelInspection";

const GIBIBYTE = 2 ** 30;
const WASM_ADDRESS_SPACE = 4 * GIBIBYTE;
/** Where the browser does not say: what an ordinary device has. */
const ORDINARY_DEVICE = 8;
const SHARE_OF_A_PAGE = 0.5;

/** Gibibytes, as `navigator.deviceMemory` has them; undefined where the browser does not say. */
function statedGibibytes(): number | undefined {
  const { deviceMemory } = (globalThis.navigator ?? {}) as { deviceMemory?: number };
  return deviceMemory;
}

export function memoryLimit(backend: Backend, gibibytes = statedGibibytes()): MemoryLimit {
  const usual = (gibibytes ?? ORDINARY_DEVICE) * GIBIBYTE * SHARE_OF_A_PAGE;
  if (backend === "wasm" && WASM_ADDRESS_SPACE <= usual) return { bytes: WASM_ADDRESS_SPACE, isHard: true };
  return { bytes: usual, isHard: false };
}
