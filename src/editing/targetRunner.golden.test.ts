import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import type { TargetRows } from "./targetRows";
import { optimiseTarget, type TargetOptions } from "./targets";

const root = resolve(import.meta.dirname, "../..");

const token = (row: number, position: number): number => (row * 61 + position * 29 + 3) % 380;
const row = (index: number, length: number, lookup: number) => ({
  ids: Int32Array.from({ length }, (_, position) => token(index, position)),
  lookup,
});

/** Three texts of two answer tokens each, with lookups and suffixes of different lengths, and an essence row. */
const ROWS: TargetRows = {
  rows: [row(0, 7, 2), row(1, 12, 6), row(2, 8, 2), row(3, 4, 3)],
  places: [
    ...[5, 6].map((position) => ({ row: 0, position })),
    ...[10, 11].map((position) => ({ row: 1, position })),
    ...[6, 7].map((position) => ({ row: 2, position })),
    { row: 3, position: 3 },
  ],
  labels: Int32Array.of(17, 40, 17, 40, 17, 40),
  answerLength: 2,
  hasEssence: true,
};

const SETTINGS = {
  steps: 4,
  learningRate: 0.1,
  weightDecay: 1e-3,
  klFactor: 0.0625,
  clampNormFactor: 4,
  earlyStopLoss: 0,
};

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

const FAMILIES = ["gpt2", "gpt_neox", "gptj", "llama3", "mistral", "qwen2", "qwen3", "gemma3", "phi"];

describe.each(FAMILIES)("%s", (family) => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, family);
    // Rotation tables are made at first use and stay with the model.
    await optimiseTarget(model, ROWS, { layer: 0, kind: "resid" }, { ...SETTINGS, steps: 1 });
  });
  afterAll(() => model.dispose());

  test.each(["mlpRaw", "resid"] as const)("cached runs equal whole ones, %s at every layer", async (kind) => {
    const before = memory();
    for (let layer = 0; layer < model.config.layers; layer++) {
      const run = (options: TargetOptions) => optimiseTarget(model, ROWS, { layer, kind }, SETTINGS, options);
      const slow = await run({ cached: false });
      expect(slow.steps.at(-1)!.total).not.toBe(slow.steps[0]!.total);
      for (const fast of [await run({}), await run({ budget: 1 })]) {
        // Adam's first steps are ± the learning rate: a gradient near zero may turn one, so losses are compared.
        slow.steps.forEach(({ total, kl }, at) => {
          expect(Math.abs(fast.steps[at]!.total - total)).toBeLessThan(2e-4 * Math.abs(total));
          expect(Math.abs(fast.steps[at]!.kl - kl)).toBeLessThan(1e-4);
        });
        fast.targetInit.forEach((value, at) => expect(value).toBeCloseTo(slow.targetInit[at]!, 4));
      }
    }
    expect(memory()).toEqual(before);
  });

  test("a cancel at any moment ends the work and leaves nothing behind", async () => {
    const before = memory();
    const site = { layer: 0, kind: "mlpRaw" } as const;
    for (const moments of [1, 3, 9, 20]) {
      const work = new AbortController();
      let left = moments;
      const count = (): void => void (left-- > 0 ? setImmediate(count) : work.abort());
      count();
      const settings = { ...SETTINGS, steps: 1000 };
      await expect(
        optimiseTarget(model, ROWS, site, settings, { signal: work.signal }),
      ).rejects.toMatchObject({
        code: "cancelled",
      });
      expect(memory()).toEqual(before);
    }
  });
});
