/** Every WGSL kernel against its slow twin, and the facade's gradients against finite differences, on a WebGPU device. */
import { backend, engine } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkGradient } from "./cases/checkGradient";
import { checkKernel } from "./cases/checkKernel";
import { GRADIENT_CASES } from "./cases/gradientCases";
import { kernelCases } from "./cases/kernelCases";
import { webgpuEngine } from "./cases/webgpuEngine";
import { elementKernel } from "./kernels/elementwise";
import { runWgsl } from "./kernels/program";
import { dispose, read, tensor, zeros } from "./tensor";
import type { GuardedWebGpuBackend } from "./webgpuBackend";

const GRADIENT_TOLERANCE = 2e-3;

beforeAll(async () => void (await webgpuEngine()));
afterAll(async () => {
  await webgpuEngine();
  tuneForSoftware(true);
});

/** Kernels that reduce or sum have a second form for real GPUs, with workgroup memory; it must run here too. */
function tuneForSoftware(tuned: boolean): void {
  (backend() as GuardedWebGpuBackend).tunedForSoftware = tuned;
}

describe.each([
  { form: "software", tuned: true },
  { form: "hardware", tuned: false },
])("kernels in their $form form equal their twins", ({ tuned }) => {
  beforeAll(() => tuneForSoftware(tuned));

  test.each(kernelCases(() => "panels8"))("$name", async (kernelCase) => {
    const { error, tolerance, leaked } = await checkKernel(kernelCase);
    expect(error).toBeLessThanOrEqual(tolerance);
    expect(leaked).toBe(0);
  });
});

describe("gradients equal finite differences", () => {
  beforeAll(() => tuneForSoftware(true));

  test.each(GRADIENT_CASES)("$name", async (gradientCase) => {
    const { error, leaked } = await checkGradient(gradientCase);
    expect(error).toBeLessThanOrEqual(GRADIENT_TOLERANCE);
    expect(leaked).toBe(0);
  });
});

test("a kernel's pipeline is found by its text, not by its name", async () => {
  const results = [];
  for (const factor of ["2.0", "3.0"]) {
    const value = `return x[index] * ${factor};`;
    const kernel = elementKernel({ name: "scaled", inputs: ["x"], outputShape: [2], value });
    const x = tensor([1, 10], [2]);
    const y = engine().makeTensorFromTensorInfo(runWgsl(backend() as GuardedWebGpuBackend, kernel, { x }));
    results.push(...(await read(y)));
    dispose(x, y);
  }
  expect(results).toEqual([2, 20, 3, 30]);
});

test("one text is compiled once, whatever the shapes", async () => {
  const webgpu = backend() as GuardedWebGpuBackend;
  const compile = vi.spyOn(webgpu.device, "createComputePipeline");
  for (const shape of [[6], [1], [2, 3], [1, 3, 1], [2, 2, 2, 2]]) {
    const x = zeros(shape);
    const kernel = elementKernel({
      name: "one",
      inputs: ["x"],
      outputShape: shape,
      value: "return x[index] + 1.0;",
    });
    const y = engine().makeTensorFromTensorInfo(runWgsl(webgpu, kernel, { x }));
    expect(y.shape).toEqual(shape);
    expect((await read(y)).every((value) => value === 1)).toBe(true);
    dispose(x, y);
  }
  expect(compile).toHaveBeenCalledTimes(1);
  compile.mockRestore();
});

test("a text that does not compile fails the job with the compiler's words", async () => {
  const kernel = elementKernel({
    name: "broken",
    inputs: ["x"],
    outputShape: [2],
    value: "return x[index] + oops;",
  });
  const x = tensor([1, 10], [2]);
  const y = engine().makeTensorFromTensorInfo(runWgsl(backend() as GuardedWebGpuBackend, kernel, { x }));
  await expect(read(y)).rejects.toMatchObject({
    code: "gpu-error",
    message: expect.stringContaining("oops") as string,
  });
  dispose(x, y);
});
