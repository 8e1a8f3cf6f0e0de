/**
 * tfjs's WebGPU backend on the lab's own device, with the traps of platform.md 1.3 closed at the source: sizes are
 * checked before a buffer is made (4), nothing runs or is read once an error was heard (4), reads do not leave a copy
 * on the CPU (6), and the buffer pool is kept small (8). Kernels are registered elsewhere (`kernels/`).
 */
import { env, type DataType } from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { limitPool, type BufferPool } from "./bufferPool";
import type { OwnDevice } from "./device";
import { readBuffer } from "./readback";

type TensorData = { values: unknown; dtype: DataType; resource?: unknown };

/** One per device. `read` and every program throw the device's failure instead of returning what it left behind. */
export class GuardedWebGpuBackend extends WebGPUBackend {
  readonly own: OwnDevice;
  readonly pool: BufferPool;
  /** Kernels come in two forms; this one needs no workgroup memory. Tests set it to run both on one adapter. */
  tunedForSoftware: boolean;

  constructor(own: OwnDevice) {
    super(own.device, own.adapterInfo);
    this.own = own;
    this.pool = limitPool(this.bufferManager, own.device.limits);
    this.tunedForSoftware = own.isSoftware;
  }

  override runWebGPUProgram(...parameters: Parameters<WebGPUBackend["runWebGPUProgram"]>) {
    this.own.assertHealthy();
    return super.runWebGPUProgram(...parameters);
  }

  /** Downloads a tensor's values; a copy of the caller's own, never the cached one of tfjs. */
  override async read(dataId: object): ReturnType<WebGPUBackend["read"]> {
    const data = this.tensorMap.get(dataId) as TensorData;
    if (!(data.resource instanceof GPUBuffer)) {
      // Not uploaded yet: these are the values tfjs will upload, so the caller must not get hold of them.
      this.own.assertHealthy();
      return (await super.read(dataId)).slice() as Float32Array;
    }
    this.flush();
    const bytes = await readBuffer(this.own, data.resource);
    return data.dtype === "float32" ? new Float32Array(bytes) : new Int32Array(bytes);
  }

  override readSync(dataId: object): ReturnType<WebGPUBackend["readSync"]> {
    const { values } = this.tensorMap.get(dataId) as TensorData;
    // tfjs would read through a canvas: slow, blocking, and silent about errors (platform.md 1.3, trap 18).
    if (values == null)
      throw new Error("Synchronous reads from the GPU are not allowed; await read() instead.");
    this.own.assertHealthy();
    return super.readSync(dataId);
  }

  /** Hands everything recorded so far to the device; needed before raw commands touch tensors' buffers. */
  flush(): void {
    this.ensureCommandEncoderReady();
    this.endComputePassEncoder();
    this.submitQueue();
  }

  override dispose(): void {
    super.dispose();
    this.own.close();
  }
}

/** tfjs's switches that the lab depends on; they are global and set once per start. */
export function setWebGpuFlags(): void {
  // Small tensors would be computed by another backend's kernels, also after the device is lost.
  env().set("WEBGPU_CPU_FORWARD", false);
  // 3 = MatMulPackedProgram: the split-K program adds with atomics, and two runs differ (platform.md 1.3, trap 9).
  env().set("WEBGPU_MATMUL_PROGRAM_TYPE", 3);
}
