/** The wasm backend in a real browser: the bundler's addresses, the browser's engine, every kernel and gradient. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend } from "../backend";
import { checkGradient } from "../cases/checkGradient";
import { checkKernel } from "../cases/checkKernel";
import { GRADIENT_CASES } from "../cases/gradientCases";
import { kernelCases } from "../cases/kernelCases";
import { memory } from "../tensor";
import { browserWasmFiles } from "./browserFiles";

/** Files of the GPU project share a page, and with it tfjs's count. */
let before = 0;
beforeAll(async () => {
  const { adapter } = await startBackend("wasm", { wasmFiles: browserWasmFiles });
  expect(adapter).toMatch(/WebAssembly, one thread, (relaxed )?SIMD/);
  before = memory().tensors;
});

afterAll(() => expect(memory().tensors).toBe(before));

test("every kernel is its twin", async () => {
  const wrong = [];
  for (const kernelCase of kernelCases(() => "panels8")) {
    const { error, tolerance, leaked } = await checkKernel(kernelCase);
    if (!(error <= tolerance) || leaked !== 0) wrong.push(`${kernelCase.name}: ${error}, ${leaked} leaked`);
  }
  expect(wrong).toEqual([]);
});

test("every gradient is a difference quotient", async () => {
  const wrong = [];
  for (const gradientCase of GRADIENT_CASES) {
    const { error, leaked } = await checkGradient(gradientCase);
    if (!(error <= 2e-3) || leaked !== 0) wrong.push(`${gradientCase.name}: ${error}, ${leaked} leaked`);
  }
  expect(wrong).toEqual([]);
});
