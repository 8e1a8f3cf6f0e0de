/** Every kernel against its slow twin, every gradient against central differences, on the backends Node has. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend } from "./backend";
import { checkGradient } from "./cases/checkGradient";
import { checkKernel } from "./cases/checkKernel";
import { GRADIENT_CASES } from "./cases/gradientCases";
import { kernelCases } from "./cases/kernelCases";
import { memory } from "./tensor";
import { readWasmFiles } from "./wasm/nodeFiles";

const BACKENDS = [
  { title: "cpu", name: "cpu", relaxed: false },
  { title: "wasm", name: "wasm", relaxed: false },
  { title: "wasm with relaxed SIMD", name: "wasm", relaxed: true },
] as const;

describe.each(BACKENDS)("$title", ({ name, relaxed }) => {
  beforeAll(async () => {
    await startBackend(name, { wasmFiles: await readWasmFiles(process.cwd(), { relaxed }) });
  });
  afterAll(() => expect(memory().tensors).toBe(0));

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
});
