/** What models take, foretold from their configuration, against the bytes really held. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smolLm2Path } from "../../tests/realModel";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { openCheckpoint } from "../loading/checkpoint";
import { nodeModelFiles } from "../loading/nodeModelFiles";
import { estimateModelMemory, heldBy, PRECISIONS } from "./memoryEstimate";
import { FAMILIES } from "./testing/describeGolden";
import { loadCheckpoint, loadFixture } from "./testing/openFixture";
import { logitsOf } from "./testing/precisionErrors";

const root = resolve(import.meta.dirname, "../..");
const read = async (path: string) => new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

/** Exact up to scalars: every weight and table is counted from the plan that loads it. */
const MARGIN = 0.001;

test.each(FAMILIES.flatMap((family) => PRECISIONS.map((precision) => [family, precision] as const)))(
  "%s in %s",
  async (family, precision) => {
    const before = memory().bytes;
    const model = await loadFixture(read, family, { precision });
    const { weights } = estimateModelMemory(model.config, { precision, backend: "cpu" });
    expect(Math.abs(memory().bytes - before - weights) / weights).toBeLessThanOrEqual(MARGIN);
    await logitsOf(model, [1, 2, 3]);
    // With the rotary tables of the first prompt.
    const { held } = estimateModelMemory(model.config, { precision, backend: "cpu" });
    expect(Math.abs(memory().bytes - before - held) / held).toBeLessThanOrEqual(MARGIN);
    model.dispose();
  },
);

describe.skipIf(smolLm2Path === undefined)("SmolLM2-135M-Instruct", () => {
  test("in float16: tensors as foretold, and the module's memory within its growth", async () => {
    const checkpoint = await openCheckpoint(await nodeModelFiles(smolLm2Path!));
    const before = memory().bytes;
    const model = await loadCheckpoint(checkpoint, "float16");
    const { weights, held } = estimateModelMemory(model.config, { precision: "float16", backend: "wasm" });
    expect(Math.abs(memory().bytes - before - weights) / weights).toBeLessThanOrEqual(MARGIN);
    expect(backend.heldBytes()).toBeLessThanOrEqual(held);
    expect(backend.heldBytes()).toBeGreaterThan(weights);
    expect(heldBy("wasm", weights)).toBeLessThanOrEqual(held);
    model.dispose();
  });
});
