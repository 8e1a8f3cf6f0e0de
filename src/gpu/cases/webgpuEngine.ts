/** The engine that all WebGPU test files of a page share: devices are few, and opening them again and again is slow. */
import { invariant } from "../../lib/errors";
import { startBackend } from "../backend";
import type { EngineBackend } from "../backend";

let engine: EngineBackend | undefined;

/** Starts WebGPU once, and again after a test has ended the device; never skips when there is no adapter. */
export async function webgpuEngine(): Promise<EngineBackend> {
  if (engine && isHealthy(engine)) return engine;
  const adapter = await navigator.gpu.requestAdapter();
  invariant(adapter, "the browser under test has no WebGPU adapter: see the flags in vitest.config.ts");
  engine = await startBackend("webgpu");
  return engine;
}

function isHealthy(started: EngineBackend): boolean {
  try {
    started.assertHealthy();
    return true;
  } catch {
    return false;
  }
}
