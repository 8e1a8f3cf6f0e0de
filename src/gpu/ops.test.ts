/** Every kernel against its slow twin, every gradient against central differences, on the backends Node has. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startBackend } from "./backend";
import { memory } from "./tensor";
import { testAgainstTwins } from "./testing/testAgainstTwins";
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

  testAgainstTwins();
});
