/** Asks the browser for a graphics adapter. Apart from device.ts, so that a page without one need not fetch the backend. */
import { AppError } from "../lib/errors";

/** @throws AppError `webgpu-unavailable` when the browser has no WebGPU or no adapter */
export async function requestAdapter(): Promise<GPUAdapter> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw webGpuUnavailable("This browser has no WebGPU.");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  // tfjs reads adapter.features unchecked (tensorflow/tfjs#8094): a missing adapter must not get that far.
  if (!adapter) throw webGpuUnavailable("The browser knows WebGPU but found no graphics adapter for it.");
  return adapter;
}

export function webGpuUnavailable(message: string): AppError {
  return new AppError(
    "webgpu-unavailable",
    message,
    "Choose the WASM backend; it computes the same on the processor.",
  );
}
