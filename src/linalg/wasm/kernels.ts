/**
 * The float64 kernels in WebAssembly: compiled at first use from bytes that travel with the code, so nothing is fetched.
 * Small (some hundred instructions), hence compiled at once; worker and Node only, where that may block.
 */
import { KERNEL_BYTES } from "./generated/kernelBytes";

type Address = number;

/** What assembly/kernels.ts exports; strides are bytes. */
export interface KernelExports {
  packPanels(b: Address, stride: number, rows: number, depth: number, panels: Address): void;
  subtractProducts(
    t: Address,
    tStride: number,
    a: Address,
    aStride: number,
    rowTiles: number,
    panels: Address,
    panelCount: number,
    depth: number,
  ): void;
  substitute(triangle: Address, x: Address, size: number, columns: number): void;
  rotateStrip(row: Address, rotations: Address, steps: number): void;
}

/** The kernels on a memory of their own, which `floats` shows whole. */
export type Kernels = KernelExports & { floats: Float64Array };

const PAGE = 2 ** 16;

/** `impossible`: in the engine's own words. */
type Compiled = { module: WebAssembly.Module } | { impossible: string };
let compiled: Compiled | undefined;

/** Kernels on a fresh memory; undefined where the engine lacks SIMD or may not compile. The plain loops do the same. */
export function createKernels(bytes: number): Kernels | undefined {
  compiled ??= compile();
  if ("impossible" in compiled) return undefined;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const { exports } = new WebAssembly.Instance(compiled.module, { env: { memory } });
  const kernels = exports as unknown as KernelExports;
  return { ...kernels, floats: new Float64Array(memory.buffer) };
}

/** What computes the closed forms here, for whoever wonders why they take long. */
export function float64Engine(): string {
  compiled ??= compile();
  return "impossible" in compiled
    ? `plain loops, the same bits in several times the time: WebAssembly with SIMD does not compile (${compiled.impossible})`
    : "WebAssembly with SIMD";
}

function compile(): Compiled {
  try {
    const bytes = Uint8Array.from(atob(KERNEL_BYTES), (char) => char.charCodeAt(0));
    return { module: new WebAssembly.Module(bytes) };
  } catch (error) {
    return { impossible: error instanceof Error ? error.message : String(error) };
  }
}
