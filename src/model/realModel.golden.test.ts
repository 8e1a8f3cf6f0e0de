/** SmolLM2-135M-Instruct (Q4_1) against float64 results; skips visibly where the file is absent. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smolLm2Path } from "../../tests/realModel";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { dispose, read } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { openCheckpoint } from "../loading/checkpoint";
import { nodeModelFiles } from "../loading/nodeModelFiles";
import { renderChat, type ChatMessage } from "./chat";
import { continueTokens } from "./continueTokens";
import { forward, oneRow } from "./forward";
import { collect, type Site } from "./hooks";
import type { Model } from "./model";
import { argmax } from "./sampling";
import { likeliestTokens } from "./tokenChoices";
import { loadCheckpoint } from "./testing/openFixture";

type ExpectedPrompt = {
  text: string;
  ids: number[];
  messages?: ChatMessage[];
  top: { id: number; logit: number; logprob: number }[];
  greedy: { ids: number[] };
};
type ExpectedNorms = { prompt: number; norms: number[][] };

const root = resolve(import.meta.dirname, "../..");
const expected = JSON.parse(readFileSync(resolve(root, "tests/fixtures/smollm2/expected.json"), "utf8")) as {
  prompts: ExpectedPrompt[];
  residual_norms: ExpectedNorms[];
};

describe.skipIf(smolLm2Path === undefined)("SmolLM2-135M-Instruct", () => {
  let backend: EngineBackend;
  let model: Model;
  beforeAll(async () => {
    backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
    model = await loadCheckpoint(await openCheckpoint(await nodeModelFiles(smolLm2Path!)));
  }, 120_000);
  afterAll(() => {
    model.dispose();
    backend.dispose();
  });

  test.each(expected.prompts)("$text", async ({ text, ids, messages, top, greedy }) => {
    if (messages) expect(renderChat(model.tokenizer, messages)).toBe(text);
    expect(Array.from(model.tokenizer.encode(text, { specials: messages === undefined }).ids)).toEqual(ids);
    const found: number[] = [];
    for await (const step of continueTokens(model, oneRow(ids), { sampler: argmax })) {
      if (found.length === 0) expectTop(step.logits, top);
      found.push(step.ids[0]!);
      if (found.length === greedy.ids.length) break;
    }
    expect(found).toEqual(greedy.ids);
  });

  function expectTop(logits: Float32Array, top: ExpectedPrompt["top"]): void {
    const best = likeliestTokens(model.tokenizer, logits, 20);
    for (const { id, logit, logprob } of top) {
      expect(Math.abs(logits[id]! - logit)).toBeLessThanOrEqual(2e-3);
      const choice = best.find((one) => one.id === id);
      if (choice) expect(Math.abs(choice.logprob - logprob)).toBeLessThanOrEqual(2e-3);
    }
    expect(best[0]!.id).toBe(top[0]!.id);
  }

  test.each(expected.residual_norms)(
    "norms of the residual stream, prompt $prompt",
    async ({ prompt, norms }) => {
      const sites: Site[] = ["embed"];
      for (let layer = 0; layer < model.config.layers; layer++) sites.push(`blocks.${layer}.resid`);
      const { hook, found } = collect(sites);
      const { residual, logits } = forward(model, oneRow(expected.prompts[prompt]!.ids), { at: hook });
      for (const [index, site] of sites.entries()) {
        const values = await read(found.get(site)!);
        const width = model.config.residualWidth;
        norms[index]!.forEach((norm, position) => {
          const row = values.subarray(position * width, (position + 1) * width);
          expect(Math.abs(Math.hypot(...row) - norm)).toBeLessThanOrEqual(5e-4 * norm);
        });
      }
      dispose(residual, logits, ...found.values());
    },
  );
});
