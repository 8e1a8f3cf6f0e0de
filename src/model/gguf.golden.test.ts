import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { dispose, read } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { memorySource } from "../loading/byteSource/memorySource";
import { openCheckpoint } from "../loading/checkpoint";
import { openSafetensors } from "../loading/safetensors/safetensorsTensors";
import { forward, oneRow } from "./forward";
import type { Model } from "./model";
import { loadCheckpoint, loadFixture, readNumbers, relativeError } from "./testing/openFixture";

const root = resolve(import.meta.dirname, "../..");
const readFixture = async (path: string) =>
  new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

const FILES = [
  "tiny-llama.gguf",
  "tiny-llama-f16.gguf",
  "tiny-llama-q8_0.gguf",
  "tiny-llama-mixed.gguf",
  "tiny-gpt2.gguf",
  "tiny-gpt2-q8_0.gguf",
  "tiny-qwen2.gguf",
];

async function load(file: string): Promise<Model> {
  const source = memorySource(file, await readFixture(`gguf/${file}`));
  return loadCheckpoint(await openCheckpoint(new Map([[file, source]])));
}

type ExpectedFiles = { files: Record<string, { prompts: { ids: number[] }[] }> };

test.each(FILES)("%s gives the stored logits", async (file) => {
  const { tensors } = await openSafetensors(
    memorySource("expected", await readFixture("gguf/expected.safetensors")),
  );
  const json = new TextDecoder().decode(await readFixture("gguf/expected.json"));
  const { prompts } = (JSON.parse(json) as ExpectedFiles).files[file]!;
  const model = await load(file);
  for (const [prompt, { ids }] of prompts.entries()) {
    const { logits, residual } = forward(model, oneRow(ids), { logitsAt: "all" });
    const expected = await readNumbers(tensors, `${file}.p${prompt}.logits`);
    expect(relativeError(await read(logits!), expected.values)).toBeLessThanOrEqual(1e-4);
    dispose(logits, residual);
  }
  model.dispose();
});

test("the same weights have the same hash, whatever the file's format", async () => {
  const models = [await load("tiny-llama.gguf"), await loadFixture(readFixture, "llama")];
  const sharded = await loadFixture(readFixture, "llama", { variant: "sharded" });
  const rounded = await loadFixture(readFixture, "llama", { variant: "bf16" });
  expect(new Set([...models, sharded].map(({ hash }) => hash)).size).toBe(1);
  expect(rounded.hash).not.toBe(sharded.hash);
  expect(sharded.hash).toMatch(/^[0-9a-f]{64}$/);
  for (const model of [...models, sharded, rounded]) model.dispose();
});
