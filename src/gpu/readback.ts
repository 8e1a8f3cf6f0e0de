/**
 * Downloads GPU buffers through staging buffers of the lab's own, destroyed after use: tfjs keeps a staging buffer of
 * every size ever read (platform.md 1.3, trap 8). Errors of all commands so far are settled before anything is
 * returned, so that what the caller gets was really computed.
 */
import { AppError } from "../lib/errors";
import type { OwnDevice } from "./device";

/**
 * Copies `buffer` to the CPU. Everything that writes it must have been submitted; the copy is submitted before this
 * function first waits, so the buffer may be reused or destroyed right after the call.
 * @throws AppError `gpu-error`, `out-of-memory` or `device-lost` if any command so far failed
 */
export async function readBuffer(own: OwnDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  own.assertHealthy();
  const { device } = own;
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = device.createBuffer({ size: buffer.size, usage });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  try {
    const [mapped, settled] = await Promise.allSettled([
      staging.mapAsync(GPUMapMode.READ),
      own.settleErrors(),
    ]);
    if (settled.status === "rejected") throw settled.reason;
    if (mapped.status === "rejected") throw await explainRefusal(own, mapped.reason as Error);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}

/** A device that is lost refuses to map, and says so a moment later. */
async function explainRefusal(own: OwnDevice, refusal: Error): Promise<Error> {
  await own.settleErrors();
  return new AppError("gpu-error", `The graphics device did not give its results back: ${refusal.message}`);
}
