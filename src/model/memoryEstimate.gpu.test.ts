/** GPU buffers of models in every precision are those foretold, and all of them are given back. */
import { beforeAll, expect, test } from "vitest";
import type { EngineBackend } from "../gpu/backend";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { estimateModelMemory, PRECISIONS } from "./memoryEstimate";
import { fetchFixture } from "./testing/fetchFixture";
import { loadFixture } from "./testing/openFixture";
import { logitsOf } from "./testing/precisionErrors";

let engine: EngineBackend;
beforeAll(async () => void (engine = await webgpuEngine()));

test.each(
  ["gpt2", "gemma3", "tiny-facts2-llama"].flatMap((name) => PRECISIONS.map((one) => [name, one] as const)),
)("%s in %s", async (name, precision) => {
  engine.trim();
  const before = engine.heldBytes();
  const model = await loadFixture(fetchFixture, name, { precision });
  await logitsOf(model, [1, 2, 3]); // vectors get their buffers when they are first read
  engine.trim();
  const { held } = estimateModelMemory(model.config, { precision, backend: "webgpu" });
  expect(Math.abs(engine.heldBytes() - before - held) / held).toBeLessThanOrEqual(0.005);
  model.dispose();
  engine.trim();
  expect(engine.heldBytes()).toBe(before);
});
