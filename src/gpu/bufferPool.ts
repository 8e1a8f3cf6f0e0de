/**
 * Limits on tfjs's GPU buffer pool: no buffer larger than the device allows, and no hoard of freed ones. tfjs keys
 * freed buffers by exact size and never lets one go (platform.md 1.3, trap 8), so prompts of forty lengths hold
 * seven times what they use.
 */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { AppError } from "../lib/errors";

/** Freed buffers may amount to this share of the used ones before they are destroyed (architecture.md 9) … */
const FREE_SHARE = 0.25;
/** … but this much is always kept: a forward pass reuses its activations' buffers from layer to layer. */
const FREE_BYTES_KEPT = 64 * 2 ** 20;

type BufferManager = WebGPUBackend["bufferManager"];
/** What tfjs declares private and the trimming must reach; pinned to 4.22.0 and checked by `device.gpu.test.ts`. */
type ManagerInside = { freeBuffers: Map<string, GPUBuffer[]>; numFreeBuffers: number };

export type BufferPool = {
  /** Bytes of all buffers alive, used or waiting for reuse. */
  heldBytes(): number;
  /** Destroys every buffer that waits for reuse. */
  trim(): void;
};

/** Puts the guards into `manager` and gives the handle to trim it. */
export function limitPool(manager: BufferManager, limits: GPUSupportedLimits): BufferPool {
  const inside = manager as unknown as ManagerInside;
  const acquire = manager.acquireBuffer.bind(manager);
  const trim = () => trimPool(manager, inside);
  manager.acquireBuffer = (size, usage, mappedAtCreation, reuse) => {
    assertAllocatable(size, usage, limits);
    const free = manager.numBytesAllocated - manager.numBytesUsed;
    const mayKeep = Math.max(FREE_BYTES_KEPT, manager.numBytesUsed * FREE_SHARE);
    const hit = reuse !== false && (inside.freeBuffers.get(`${size}_${usage}`)?.length ?? 0) > 0;
    if (!hit && free > mayKeep) trim();
    return acquire(size, usage, mappedAtCreation, reuse);
  };
  return { heldBytes: () => manager.numBytesAllocated, trim };
}

/** Freed buffers belong to no command still being recorded: tfjs frees them when it submits. */
function trimPool(manager: BufferManager, inside: ManagerInside): void {
  for (const buffers of inside.freeBuffers.values()) {
    for (const buffer of buffers) {
      manager.numBytesAllocated -= buffer.size;
      inside.numFreeBuffers -= 1;
      buffer.destroy();
    }
    buffers.length = 0; // the empty lists stay: releaseBuffer relies on the key's presence
  }
}

/** The device would answer with an invalid buffer whose reads are zeros, and only report it later (trap 4). */
function assertAllocatable(bytes: number, usage: GPUBufferUsageFlags, limits: GPUSupportedLimits): void {
  if (bytes > limits.maxBufferSize) throw tooLarge(bytes, limits.maxBufferSize, "largest buffer");
  const isStorage = (usage & GPUBufferUsage.STORAGE) !== 0;
  if (isStorage && bytes > limits.maxStorageBufferBindingSize) {
    throw tooLarge(bytes, limits.maxStorageBufferBindingSize, "largest storage binding");
  }
}

function tooLarge(bytes: number, limit: number, what: string): AppError {
  const mebibytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MiB`;
  return new AppError(
    "out-of-memory",
    `A tensor of ${mebibytes(bytes)} does not fit this graphics device: its ${what} is ${mebibytes(limit)}.`,
    "Use a shorter prompt or a smaller batch, or choose the WASM backend.",
    { bytes, limit },
  );
}
