/** Every WGSL kernel against its slow twin, and the facade's gradients against finite differences, on a WebGPU device. */
import { backend } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkGradient } from "./cases/checkGradient";
import { checkKernel } from "./cases/checkKernel";
import { GRADIENT_CASES } from "./cases/gradientCases";
import { kernelCases } from "./cases/kernelCases";
import { webgpuEngine } from "./cases/webgpuEngine";
import type { GuardedWebGpuBackend } from "./webgpuBackend";

const GRADIENT_TOLERANCE = 2e-3;

beforeAll(async () => void (await webgpuEngine()));
afterAll(() => tuneForSoftware(true));

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
