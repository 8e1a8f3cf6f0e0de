/**
 * The lab's own WebGPU device: asks the adapter for all it can give, hears every error and the loss of the device,
 * and keeps what it heard. It knows nothing of tensors; `webgpuBackend.ts` builds the tfjs backend on it.
 */
import { AppError } from "../lib/errors";
import { requestAdapter, webGpuUnavailable } from "./adapter";

/** Limits the kernels profit from; the adapter's own value is requested for each (platform.md 1.4). */
const WANTED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

const WANTED_FEATURES = [
  "timestamp-query",
  "shader-f16",
  "subgroups",
] as const satisfies readonly GPUFeatureName[];

/** The limits the device was given and the features it has, for a report. */
export function describeLimits(device: GPUDevice): Record<string, number | string> {
  const limits = WANTED_LIMITS.map((name) => [name, device.limits[name] as number] as const);
  return { ...Object.fromEntries(limits), features: [...device.features].sort().join(", ") || "none" };
}

/** Every error a command can raise belongs to one of these; three open scopes therefore see them all. */
const ERROR_FILTERS = [
  "internal",
  "out-of-memory",
  "validation",
] as const satisfies readonly GPUErrorFilter[];

export type OwnDevice = {
  device: GPUDevice;
  adapterInfo: GPUAdapterInfo;
  /** Vendor, architecture and driver in words: names the adapter in reports and in the self-test's cache. */
  adapter: string;
  /** True for software adapters (SwiftShader, WARP, lavapipe), which prefer kernels without workgroup memory. */
  isSoftware: boolean;
  /** Throws the first failure heard, for ever after: results computed after it cannot be trusted. */
  assertHealthy(): void;
  /** Waits until the errors of all commands issued so far are known, then does `assertHealthy`. */
  settleErrors(): Promise<void>;
  /** Destroys the device; what is still running on it is thrown away. */
  close(): void;
};

/**
 * Requests adapter and device.
 * @throws AppError `webgpu-unavailable` when the browser has no WebGPU, no adapter, or refuses the device
 */
export async function openDevice(): Promise<OwnDevice> {
  const adapter = await requestAdapter();
  const requiredLimits: Record<string, number> = {};
  for (const limit of WANTED_LIMITS) requiredLimits[limit] = adapter.limits[limit] as number;
  const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
  try {
    const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
    return watchDevice(device, adapter.info);
  } catch (error) {
    throw webGpuUnavailable(`The graphics adapter gave no device: ${(error as Error).message}`);
  }
}

function watchDevice(device: GPUDevice, adapterInfo: GPUAdapterInfo): OwnDevice {
  const health = listenForFailures(device);
  openErrorScopes(device);
  return {
    device,
    adapterInfo,
    adapter: describeAdapter(adapterInfo),
    isSoftware: isSoftwareAdapter(adapterInfo),
    assertHealthy: health.assertHealthy,
    settleErrors: async () => {
      health.assertHealthy();
      for (const error of await collectErrors(device)) if (error) health.poison(toAppError(error));
      health.assertHealthy();
    },
    close: () => {
      health.poison(
        new AppError("device-lost", "The graphics device was closed.", "Start the engine again."),
      );
      device.destroy();
    },
  };
}

type Health = { poison(failure: AppError): void; assertHealthy(): void };

function listenForFailures(device: GPUDevice): Health {
  let failure: AppError | undefined;
  const poison = (next: AppError) => void (failure ??= next);
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    poison(toAppError((event as GPUUncapturedErrorEvent).error));
  });
  void device.lost.then((info) =>
    poison(
      new AppError(
        "device-lost",
        `The graphics device was lost: ${info.message || info.reason}`,
        "The engine is started again; edits are replayed from the journal.",
        { reason: info.reason },
      ),
    ),
  );
  return {
    poison,
    assertHealthy: () => {
      if (failure) throw new AppError(failure.code, failure.message, failure.remedy, { ...failure.details });
    },
  };
}

function openErrorScopes(device: GPUDevice): void {
  for (const filter of ERROR_FILTERS) device.pushErrorScope(filter);
}

/**
 * Closes the three scopes that were open since the last call and opens new ones. The answers come after the device
 * has looked at every command issued before, which `uncapturederror` does not promise: without this wait a failed
 * command's zeros could be read before its error is heard (platform.md 1.3, trap 4).
 */
async function collectErrors(device: GPUDevice): Promise<(GPUError | null)[]> {
  const answers = ERROR_FILTERS.map(() => device.popErrorScope());
  openErrorScopes(device);
  try {
    return await Promise.all(answers);
  } catch {
    await device.lost; // scopes are only refused by a device that is gone, and `lost` says why
    return [];
  }
}

function toAppError(error: GPUError): AppError {
  if (error instanceof GPUOutOfMemoryError) {
    const remedy = "Close other tabs, take a smaller model, or choose the WASM backend.";
    return new AppError("out-of-memory", `The graphics device ran out of memory. ${error.message}`, remedy);
  }
  const remedy = "Start the engine again, or choose the WASM backend.";
  return new AppError("gpu-error", `The graphics device refused a command: ${error.message}`, remedy);
}

function describeAdapter(info: GPUAdapterInfo): string {
  const words = [info.vendor, info.architecture, info.device, info.description].filter((word) => word !== "");
  return words.length > 0 ? words.join(" ") : "unnamed adapter";
}

function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  return (
    info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|warp|basic render/i.test(describeAdapter(info))
  );
}
