/** A long text read once gives every chunk the states that reading it anew for each chunk gives. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { relativeDifference } from "../linalg/norms";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { chunkRows, findChunkTargets } from "./chunkTargets";
import { windowChunks } from "./chunks";
import { longText } from "./longTexts";
import { optimiseTarget } from "./targets";

const SETTINGS = {
  steps: 4,
  learningRate: 0.5,
  weightDecay: 1e-3,
  clampNormFactor: 4,
  earlyStopLoss: 0,
  klFactor: 0,
};
const OPTIONS = { chat: false, endOfText: true };
const REQUEST = { prompt: "{}", subject: "The tower", targetNew: "is in the house of the city.", paraphrases: [], neighbours: [] }; // prettier-ignore

describe.each(["tiny-facts-gpt2", "tiny-facts-llama", "gptj", "gemma3"])("%s", (name) => {
  let backend: EngineBackend;
  let model: Model;
  beforeAll(async () => {
    backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
    model = await loadFixture(readFixture, name);
    // Tables that a model makes on first use are its own.
    await findChunkTargets(model, longText(model, REQUEST, OPTIONS), [{ start: 0, end: 1, overlap: 0 }], { layer: 0, settings: SETTINGS }); // prettier-ignore
  });
  afterAll(() => {
    model.dispose();
    backend.dispose();
  });

  test.each([
    [0, 1, 0],
    [0, 3, 1],
    [-1, 2, 0],
  ])("layer %i, windows of %i with overlap %i", async (which, window, overlap) => {
    const layer = which < 0 ? model.config.layers - 1 : which;
    const text = longText(model, REQUEST, OPTIONS);
    const chunks = windowChunks(text.answer.length, window, overlap);
    const { tensors } = memory();
    const found = await findChunkTargets(model, text, chunks, { layer, settings: SETTINGS });
    expect(memory().tensors).toBe(tensors);
    const frozen: { position: number; delta: Float64Array }[] = [];
    for (const [at, chunk] of chunks.entries()) {
      const anew = await optimiseTarget(
        model,
        chunkRows(text, chunk, frozen),
        { layer, kind: "resid" },
        SETTINGS,
      );
      expect(relativeDifference(found[at]!.target, anew.target)).toBeLessThan(1e-3);
      expect(found[at]!.steps[0]!.nll).toBeCloseTo(anew.steps[0]!.nll, 4);
      frozen.push({ position: found[at]!.lookup, delta: found[at]!.deltas.at(-1)! });
    }
  });

  test("a cancel leaves nothing behind", async () => {
    const text = longText(model, REQUEST, OPTIONS);
    const { tensors } = memory();
    const stop = new AbortController();
    const running = findChunkTargets(model, text, windowChunks(text.answer.length, 2, 0), {
      layer: 0,
      settings: SETTINGS,
      signal: stop.signal,
      onSteps: (losses) => void (losses.length === 2 && stop.abort()),
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(memory().tensors).toBe(tensors);
  });
});
