/** Every kernel of the running backend against its slow twin, every gradient against central differences. */
import { expect, test } from "vitest";
import { checkGradient } from "../cases/checkGradient";
import { checkKernel } from "../cases/checkKernel";
import { GRADIENT_CASES } from "../cases/gradientCases";
import { kernelCases } from "../cases/kernelCases";

/** Declares the tests; to be called inside `describe`, whose set-up starts the backend. */
export function testAgainstTwins(): void {
  test.each(kernelCases(() => "panels8"))("$name", async (kernelCase) => {
    const { error, tolerance, leaked } = await checkKernel(kernelCase);
    expect(error).toBeLessThanOrEqual(tolerance);
    expect(leaked).toBe(0);
  });

  test.each(GRADIENT_CASES)("gradient of $name", async (gradientCase) => {
    const { error, leaked } = await checkGradient(gradientCase);
    expect(error).toBeLessThanOrEqual(2e-3);
    expect(leaked).toBe(0);
  });
}
