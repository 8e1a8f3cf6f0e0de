/** A configuration that was taken must be one that can be computed with: finite logits on the real engine, or refused. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend, type EngineBackend } from "../../src/gpu/backend";
import { dispose, memory, read } from "../../src/gpu/tensor";
import { readWasmFiles } from "../../src/gpu/wasm/nodeFiles";
import { forward, oneRow } from "../../src/model/forward";
import { parseModelConfig } from "../../src/model/config";
import { loadModel } from "../../src/model/model";
import { openFixtureCheckpoint } from "../../src/model/testing/openFixture";
import { openTokenizer } from "../../src/model/tokenizer/openTokenizer";
import { mutateValue } from "./mutateValue";
import { FUZZ_TIMEOUT, runCases } from "./runCases";

const ROOT = resolve(import.meta.dirname, "../..");
const FAMILIES = ["llama", "gemma3", "gpt2", "phi", "llama3", "mistral"];
const readFixture = async (path: string) => new Uint8Array(await readFile(`${ROOT}/tests/fixtures/${path}`));
const configOf = (family: string): unknown =>
  JSON.parse(readFileSync(`${ROOT}/tests/fixtures/models/${family}/config.json`, "utf8"));

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(ROOT) });
});
afterAll(() => backend.dispose());

describe("damaged configurations, run", { timeout: FUZZ_TIMEOUT }, () => {
  test("finite logits or a refusal, and no tensor left behind", async () => {
    const models = await Promise.all(
      FAMILIES.map(async (family) => {
        const checkpoint = await openFixtureCheckpoint(readFixture, family);
        return { checkpoint, tokenizer: openTokenizer(checkpoint), json: configOf(family) };
      }),
    );
    await runCases({ kind: 21 }, async (random) => {
      const { checkpoint, tokenizer, json } = random.pick(models);
      const config = parseModelConfig(JSON.parse(mutateValue(json, random)));
      const before = memory().tensors;
      const model = await loadModel(checkpoint, tokenizer, config);
      try {
        const { ids } = tokenizer.encode("France is in");
        const { logits, residual } = forward(model, oneRow(ids), { logitsAt: "all" });
        const values = await read(logits!);
        dispose(logits, residual);
        const at = values.findIndex((value) => !Number.isFinite(value));
        if (at >= 0) throw new Error(`logit ${at} is ${values[at]}`);
      } finally {
        model.dispose();
      }
      expect(memory().tensors).toBe(before);
    });
  });
});
