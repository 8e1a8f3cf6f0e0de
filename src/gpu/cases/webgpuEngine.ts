/** The engine that all WebGPU test files of a page share: devices are few, and opening them again and again is slow. */
import { getBackend } from "@tensorflow/tfjs-core";
import { invariant } from "../../lib/errors";
import { startBackend } from "../backend";
import type { EngineBackend } from "../backend";
import { activeDriver } from "../driver";

let engine: EngineBackend | undefined;

/**
 * Starts WebGPU once, and again after a test has ended the device or started another backend in this page; never
 * skips when there is no adapter.
 */
export async function webgpuEngine(): Promise<EngineBackend> {
  if (!engine || !isInUse(engine)) {
    const adapter = await navigator.gpu.requestAdapter();
    invariant(adapter, "the browser under test has no WebGPU adapter: see the flags in vitest.config.ts");
    engine = await startBackend("webgpu");
  }
  invariant(getBackend() === "webgpu", `tests of WebGPU would run on ${getBackend()}`);
  return engine;
}

function isInUse(started: EngineBackend): boolean {
  try {
    started.assertHealthy();
    return activeDriver().name === "webgpu" && getBackend() === "webgpu";
  } catch {
    return false;
  }
}
