/** Keys of many facts at all layers at once: against one at a time, and against the published code's. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectKeys } from "../editing/keys";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { hasFixture, readFixture } from "../../tests/sharedFixtures";
import { collectFactRows } from "./factKeys";
import { locateFacts } from "./locateFacts";
import { isHere, openMatrixCase } from "./testing/superpositionCases";

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe("a model of the repository", () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, "tiny-facts2-gpt2");
  });
  afterAll(() => model.dispose());

  const facts = [
    { prompt: "The capital of {} is", subject: "France" },
    { prompt: "{} is located in the continent of", subject: "Portugal" },
    { prompt: "The official language of {} is", subject: "Greece" },
    { prompt: "The capital of {} is", subject: "France" },
    { prompt: "{} belongs to the continent of", subject: "Portugal" },
  ];

  test("gives every fact the key it has alone, at every layer, and leaves nothing behind", async () => {
    const { texts } = locateFacts(model, facts);
    const before = memory();
    const layers = [0, 3, 5];
    const rows = await collectFactRows(model, texts, { layers });
    expect(memory()).toEqual(before);
    for (const layer of layers) {
      const width = model.config.mlpWidth;
      for (const [row, text] of texts.entries()) {
        const [alone] = await collectKeys(model, layer, [text]);
        const own = rows.get(layer)!.subarray(row * width, (row + 1) * width);
        expect(relativeDifference(own, alone!.key)).toBeLessThan(1e-5);
      }
    }
  });

  test("ends when it is cancelled, without a tensor left", async () => {
    const { texts } = locateFacts(model, facts);
    const before = memory();
    const controller = new AbortController();
    controller.abort();
    const rows = collectFactRows(model, texts, { layers: [5], signal: controller.signal });
    await expect(rows).rejects.toMatchObject({ code: "cancelled" });
    expect(memory()).toEqual(before);
  });
});

describe.each(["tiny-facts-gpt2", "tiny-facts-llama"])("%s", (name) => {
  const here = hasFixture(`models/${name}/config.json`) && isHere(`${name}-corpus`);

  test.runIf(here)("tokens, places, duplicates and keys of the published code", async () => {
    const { stored, rows } = openMatrixCase(`${name}-corpus`);
    const model = await loadFixture(readFixture, name);
    try {
      const { texts, kept, sameKeys } = locateFacts(model, stored.facts);
      expect(kept).toHaveLength(stored.facts.length);
      stored.fact_tokens.forEach(({ ids, last }, at) => {
        expect([...texts[at]!.ids]).toEqual(ids);
        expect(texts[at]!.lookup).toBe(last);
      });
      const duplicates = stored.facts.flatMap(({ duplicate_of: of }, index) =>
        of === undefined ? [] : [{ index, of }],
      );
      expect(sameKeys).toMatchObject(duplicates);
      const found = await collectFactRows(model, texts, { layers: stored.layers });
      for (const layer of stored.layers) {
        expect(relativeDifference(found.get(layer)!, rows(`K_${layer}`))).toBeLessThan(
          stored.tolerance.K_rel,
        );
      }
    } finally {
      model.dispose();
    }
  });
});
