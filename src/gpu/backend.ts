/**
 * Starts one of the backends and makes it the active one. tfjs's engine is global: one backend at a time, tensors of
 * the previous one must be disposed first.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import type { BackendName, Driver } from "./driver";
import { requestAdapter } from "./adapter";
import { setActiveDriver } from "./driver";
import { registerGradients } from "./kernelSpec";
import { KERNELS } from "./specs/all";
import type { WasmFiles } from "./wasm/wasmFiles";

export type { BackendName, WasmFiles };

export interface BackendOptions {
  /** Needed for "wasm": see wasm/browserFiles.ts and wasm/nodeFiles.ts. */
  readonly wasmFiles?: WasmFiles;
}

export interface EngineBackend {
  readonly name: BackendName;
  readonly adapter: string;
  /** True for WebGPU on a software adapter (SwiftShader, WARP): right numbers, but slower than WASM. */
  readonly isSoftwareAdapter: boolean;
  /** What the device allows, by the platform's own names; for reports only. */
  readonly limits: Readonly<Record<string, number | string>>;
  /** Bytes the backend holds, used or not. */
  heldBytes(): number;
  /** @throws AppError (gpu-error, device-lost, out-of-memory) once a failure has made results doubtful */
  assertHealthy(): void;
  /** Gives memory kept for reuse back where the backend can (WASM memory never shrinks). */
  trim(): void;
  dispose(): void;
}

let gradientsRegistered = false;

/**
 * Starts `backend` and makes it the active one.
 * @throws AppError `webgpu-unavailable` when there is no adapter; `network` when a wasm file cannot be had
 */
export async function startBackend(
  backend: BackendName,
  options: BackendOptions = {},
): Promise<EngineBackend> {
  if (!gradientsRegistered) {
    registerGradients(KERNELS);
    gradientsRegistered = true;
  }
  tf.enableProdMode();
  const driver = await startDriver(backend, options);
  setActiveDriver(driver);
  return {
    name: driver.name,
    adapter: driver.adapter,
    isSoftwareAdapter: driver.isSoftwareAdapter ?? false,
    limits: driver.limits ?? {},
    heldBytes: () => driver.heldBytes(),
    assertHealthy: () => driver.assertHealthy(),
    trim: () => driver.trim(),
    dispose: () => {
      driver.dispose();
      setActiveDriver(undefined);
    },
  };
}

/** Dynamic imports: a page downloads the backend it uses, and WebGPU's only where there is an adapter. */
async function startDriver(backend: BackendName, options: BackendOptions): Promise<Driver> {
  switch (backend) {
    case "cpu":
      return (await import("./cpuDriver")).startCpu();
    case "wasm":
      return (await import("./wasm/wasmDriver")).startWasm(options.wasmFiles);
    case "webgpu":
      await requestAdapter();
      return (await import("./webgpuDriver")).startWebGpu();
  }
}
