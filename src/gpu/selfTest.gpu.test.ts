/** The self-test passes on a good device and fails on a kernel that is wrong. */
import { backend } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test, vi } from "vitest";
import type { EngineBackend } from "./backend";
import { webgpuEngine } from "./cases/webgpuEngine";
import { selfTest } from "./selfTest";
import { KERNELS } from "./specs/all";
import { memory } from "./tensor";
import type { GuardedWebGpuBackend } from "./webgpuBackend";

let engine: EngineBackend;
beforeAll(async () => void (engine = await webgpuEngine()));

test("passes here, names every check and leaves nothing behind", async () => {
  const before = memory().tensors;
  const result = await selfTest(engine, async () => [{ name: "a model", error: 0, bound: 1, passed: true }]);
  expect(result.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(result.passed).toBe(true);
  expect(result.checks.length).toBeGreaterThan(2 * KERNELS.length);
  expect(result.checks.at(-1)?.name).toBe("a model");
  expect(result).toMatchObject({ backend: "webgpu", adapter: engine.adapter });
  expect(memory().tensors).toBe(before);
});

test("fails where a device computes something else", async () => {
  const webgpu = backend() as GuardedWebGpuBackend;
  const run = webgpu.runWebGPUProgram.bind(webgpu);
  const spy = vi.spyOn(webgpu, "runWebGPUProgram").mockImplementation((program, ...others) => {
    const code = program.getUserCode();
    const wrong = code.replace("1.0 / sqrt(", "1.01 / sqrt(");
    return run(
      { ...program, shaderKey: `${program.shaderKey} ${wrong === code}`, getUserCode: () => wrong },
      ...others,
    );
  });
  const result = await selfTest(engine);
  spy.mockRestore();
  expect(result.passed).toBe(false);
  const failed = result.checks.filter(({ passed }) => !passed);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.every(({ name }) => /norm/i.test(name))).toBe(true);
});
