/** What the device does when it fails: an error with a code, never a number (platform.md 1.3, traps 4 and 19). */
import { backend } from "@tensorflow/tfjs-core";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startBackend } from "./backend";
import type { EngineBackend } from "./backend";
import { webgpuEngine } from "./cases/webgpuEngine";
import { openDevice } from "./device";
import * as ops from "./ops";
import { dispose, read, tensor, zeros } from "./tensor";
import type { GuardedWebGpuBackend } from "./webgpuBackend";

let engine: EngineBackend;
beforeEach(async () => void (engine = await webgpuEngine()));
afterAll(async () => void (await webgpuEngine()));

const device = () => (backend() as GuardedWebGpuBackend).device;
const four = () => tensor([1, 2, 3, 4], [2, 2]);
const code = (expected: string) => expect.objectContaining({ name: "AppError", code: expected });

/** A command every device refuses. */
function misuse(): void {
  device().createBuffer({ size: 8, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
}

async function expectPoisoned(expected: string): Promise<void> {
  const x = four();
  expect(() => engine.assertHealthy()).toThrow(code(expected));
  expect(() => ops.add(x, x)).toThrow(code(expected));
  await expect(read(x)).rejects.toEqual(code(expected));
  x.dispose();
}

test("the device has the adapter's limits, and says who it is", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter).not.toBeNull();
  const { limits } = device();
  expect(limits.maxBufferSize).toBe(adapter?.limits.maxBufferSize);
  expect(limits.maxStorageBufferBindingSize).toBe(adapter?.limits.maxStorageBufferBindingSize);
  expect(limits.maxStorageBuffersPerShaderStage).toBe(adapter?.limits.maxStorageBuffersPerShaderStage);
  expect(engine.adapter).toContain(adapter?.info.vendor);
});

describe("no adapter", () => {
  test("is an error with a remedy", async () => {
    const request = vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValue(null);
    await expect(startBackend("webgpu")).rejects.toEqual(code("webgpu-unavailable"));
    request.mockRestore();
  });

  test("nor is a refused device anything else", async () => {
    const refuse = () => Promise.reject(new DOMException("no more devices", "OperationError"));
    const spy = vi.spyOn(GPUAdapter.prototype, "requestDevice").mockImplementation(refuse);
    await expect(openDevice()).rejects.toEqual(code("webgpu-unavailable"));
    spy.mockRestore();
  });
});

describe("too much", () => {
  test("a tensor no device holds is refused before it is made, and nothing else suffers", async () => {
    const x = four();
    const y = ops.square(x);
    const large = tensor(new Float32Array(2 ** 21), [2 ** 21, 1]); // 8 MiB, times 256 columns: 2 GiB
    const row = tensor(new Float32Array(256), [1, 256]);
    expect(() => ops.add(large, row)).toThrow(code("out-of-memory"));
    expect(await read(y)).toEqual(Float32Array.of(1, 4, 9, 16));
    engine.assertHealthy();
    dispose(x, y, large, row);
  });

  test("memory that runs out poisons the engine", async () => {
    const error = new GPUOutOfMemoryError("no more memory");
    device().dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error, cancelable: true }));
    await expectPoisoned("out-of-memory");
  });
});

describe("a refused command", () => {
  test("fails the read that follows it, although the values read are right", async () => {
    const x = four();
    const y = ops.square(x);
    misuse();
    await expect(read(y)).rejects.toEqual(code("gpu-error"));
    dispose(x, y);
    await expectPoisoned("gpu-error");
  });

  test("in a kernel fails the job, whichever tensor is read", async () => {
    const x = four();
    const good = ops.square(x);
    const webgpu = backend() as GuardedWebGpuBackend;
    const bad = webgpu.makeTensorInfo([2, 2], "float32");
    webgpu.uploadToGPU(bad.dataId);
    (webgpu.tensorMap.get(bad.dataId).resource as GPUBuffer).destroy();
    webgpu.flush();
    const encoder = device().createCommandEncoder();
    encoder.clearBuffer(webgpu.tensorMap.get(bad.dataId).resource as GPUBuffer);
    device().queue.submit([encoder.finish()]);
    await expect(read(good)).rejects.toEqual(code("gpu-error"));
    dispose(x, good);
  });

  test("a device started afterwards computes again", async () => {
    const x = four();
    const y = ops.square(x);
    expect(await read(y)).toEqual(Float32Array.of(1, 4, 9, 16));
    dispose(x, y);
  });
});

describe("a lost device", () => {
  test("gives an error for results under way, and for everything after, also for tiny tensors", async () => {
    const x = zeros([64, 64]);
    const y = ops.square(x);
    device().destroy();
    await expect(read(y)).rejects.toEqual(code("device-lost"));
    await expectPoisoned("device-lost");
    dispose(x, y);
  });

  test("while a read waits is an error too", async () => {
    const x = zeros([64, 64]);
    const y = ops.square(x);
    const reading = read(y);
    device().destroy();
    await expect(reading).rejects.toEqual(code("device-lost"));
    dispose(x, y);
  });

  test("is replaced by starting again", async () => {
    const x = four();
    const y = ops.square(x);
    expect(await read(y)).toEqual(Float32Array.of(1, 4, 9, 16));
    dispose(x, y);
  });
});

test("an engine disposed of gives its device back", async () => {
  const lost = device().lost;
  engine.dispose();
  expect((await lost).reason).toBe("destroyed");
});

test("works in a dedicated worker", async () => {
  const worker = new Worker(new URL("./cases/webgpu.worker.ts", import.meta.url), { type: "module" });
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.terminate();
  expect(answer).toEqual(Float32Array.of(1, 4, 9, 16));
});
