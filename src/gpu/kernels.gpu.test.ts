/** Every WGSL kernel against its slow twin, and the facade's gradients against finite differences, on a WebGPU device. */
import { beforeAll, describe, expect, test } from "vitest";
import { checkGradient } from "./cases/checkGradient";
import { checkKernel } from "./cases/checkKernel";
import { GRADIENT_CASES } from "./cases/gradientCases";
import { kernelCases } from "./cases/kernelCases";
import { webgpuEngine } from "./cases/webgpuEngine";

/** WGSL allows exp, tanh and division a few units in the last place more than the twins' double precision has. */
const LOOSER = 5;
const GRADIENT_TOLERANCE = 2e-2;

beforeAll(async () => void (await webgpuEngine()));

describe("kernels equal their twins", () => {
  test.each(kernelCases(() => "panels8"))("$name", async (kernelCase) => {
    const { error, tolerance, leaked } = await checkKernel(kernelCase);
    expect(error).toBeLessThanOrEqual(LOOSER * tolerance);
    expect(leaked).toBe(0);
  });
});

describe("gradients equal finite differences", () => {
  test.each(GRADIENT_CASES)("$name", async (gradientCase) => {
    const { error, leaked } = await checkGradient(gradientCase);
    expect(error).toBeLessThanOrEqual(GRADIENT_TOLERANCE);
    expect(leaked).toBe(0);
  });
});
