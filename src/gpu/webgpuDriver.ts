/** The WebGPU backend as the rest of gpu/ sees it: our device, our kernels, weights in panels. */
import * as tf from "@tensorflow/tfjs-core";
import { AppError } from "../lib/errors";
import { describeLimits, openDevice } from "./device";
import type { Driver } from "./driver";
import { registerWebGpuKernels } from "./kernels/register";
import { GuardedWebGpuBackend, setWebGpuFlags } from "./webgpuBackend";
import { allocateWeight, readWeight, writeWeight } from "./webgpuWeights";

/**
 * Opens a new device, replacing the one before, whatever state that was in.
 * @throws AppError `webgpu-unavailable`
 */
export async function startWebGpu(): Promise<Driver> {
  const own = await openDevice();
  registerWebGpuKernels();
  setWebGpuFlags();
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
  const backend = new GuardedWebGpuBackend(own);
  tf.registerBackend("webgpu", () => backend, 3);
  if (!(await tf.setBackend("webgpu"))) {
    own.close();
    throw new AppError("webgpu-unavailable", "The WebGPU backend did not start.", "Choose the WASM backend.");
  }
  return {
    name: "webgpu",
    adapter: own.adapter,
    isSoftwareAdapter: own.isSoftware,
    limits: describeLimits(own.device),
    heldBytes: () => backend.pool.heldBytes(),
    assertHealthy: () => own.assertHealthy(),
    trim: () => backend.pool.trim(),
    dispose: () => tf.removeBackend("webgpu"),
    layout: () => "panels8",
    allocateWeight: (geometry) => allocateWeight(backend, geometry),
    writeWeight: (weight, rows) => writeWeight(backend, weight, rows),
    readWeight,
    kernelForms: kernelForms(backend),
    settle: async () => {
      await own.device.queue.onSubmittedWorkDone().catch(() => undefined); // refused when lost; said below
      await own.settleErrors();
    },
  };
}

/** Software adapters use the form without workgroup memory only; a GPU uses either, depending on the shapes. */
function kernelForms(backend: GuardedWebGpuBackend): NonNullable<Driver["kernelForms"]> {
  const form = (name: string, tunedForSoftware: boolean) => ({
    name,
    choose: () => void (backend.tunedForSoftware = tunedForSoftware),
  });
  const alone = form("one invocation per result", true);
  return backend.own.isSoftware ? [alone] : [alone, form("with workgroup memory", false)];
}
