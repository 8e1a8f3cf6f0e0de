/** Perplexity of texts measured with the engine: what single forward passes say, in whatever order and batch. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { dispose, memory, read } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import type { Model } from "../model/model";
import { forward, oneRow } from "../model/forward";
import { scoreOfToken } from "../model/tokenChoices";
import { loadFixture } from "../model/testing/openFixture";
import { heldTexts } from "./heldTexts";
import { perplexityOf, textPerplexity } from "./perplexity";

const TEXTS = ["The tower is in the city of Paris.", "Paris", "He plays.", "The capital of France is Paris, in the north.", "a", "b c d e", "It was", "x y z", "one two", "the end of it"]; // prettier-ignore

describe("perplexity of texts", () => {
  let backend: EngineBackend;
  let model: Model;
  beforeAll(async () => {
    backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
    model = await loadFixture(readFixture, "tiny-facts-gpt2");
  });
  afterAll(() => {
    model.dispose();
    backend.dispose();
  });

  test("is that of every token after its text's first one", async () => {
    const { tensors } = memory();
    const found = await textPerplexity(model, TEXTS);
    expect(memory().tensors).toBe(tensors);
    const logprobs: number[] = [];
    for (const text of TEXTS) {
      const { ids } = model.tokenizer.encode(text);
      const { residual, logits } = forward(model, oneRow(ids), { logitsAt: "all" });
      const values = await read(logits!);
      dispose(residual, logits);
      const width = values.length / ids.length;
      const row = (t: number) => values.subarray(t * width, (t + 1) * width);
      ids.subarray(1).forEach((id, t) => logprobs.push(scoreOfToken(row(t), id).logprob));
    }
    expect(found.tokens).toBe(logprobs.length);
    expect(found.perplexity / perplexityOf(logprobs)).toBeCloseTo(1, 5);
    const backwards = await textPerplexity(model, [...TEXTS].reverse());
    expect(backwards.perplexity / found.perplexity).toBeCloseTo(1, 6);
  });

  test("needs a text, and cuts long ones", async () => {
    await expect(textPerplexity(model, ["", " "])).rejects.toMatchObject({ code: "bad-request" });
    expect((await textPerplexity(model, TEXTS.slice(0, 1), { longest: 3 })).tokens).toBe(2);
    await expect(textPerplexity(model, ["word ".repeat(5000)])).resolves.toMatchObject({
      tokens: Math.min(100, model.config.contextLength) - 1,
    });
  });
});

test("held texts are spread over all lines, and always the same", () => {
  const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
  expect(heldTexts(lines, 4)).toEqual(["line 12", "line 37", "line 62", "line 87"]);
  expect(heldTexts([" a ", "", "b"], 4)).toEqual(["a", "b"]);
});
