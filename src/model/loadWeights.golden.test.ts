import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { memory } from "../gpu/tensor";
import { createLinear } from "../gpu/weights";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import type { Checkpoint } from "../loading/checkpoint";
import { parseModelConfig } from "./config";
import { loadWeights, type WeightSource } from "./loadWeights";
import { loadFixture, openFixtureCheckpoint } from "./testing/openFixture";

const root = resolve(import.meta.dirname, "../..");
const read = async (path: string) => new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

/** A checkpoint with other entries in its directory; values are those of `like`, or zeros. */
function altered(
  checkpoint: Checkpoint,
  change: (names: Map<string, { shape: readonly number[] }>) => void,
): WeightSource {
  const tensorNames = new Map<string, { shape: readonly number[] }>(checkpoint.tensorNames);
  change(tensorNames);
  return { tensorNames, readTensor: checkpoint.readTensor, readRows: checkpoint.readRows };
}

describe("a checkpoint that does not fit its configuration is refused by the tensor's name", () => {
  test.each([
    ["gpt2", "missing", "transformer.h.1.mlp.c_proj.weight", undefined],
    ["gpt2", "bad-shape", "transformer.h.1.attn.c_attn.bias", [95]],
    ["llama", "bad-shape", "model.layers.2.self_attn.k_proj.weight", [32, 32]],
    ["llama", "missing", "lm_head.weight", undefined],
    ["llama", "unsupported", "model.layers.0.self_attn.q_proj.lora_A.weight", [8, 32]],
    ["llama", "unsupported", "model.layers.3.input_layernorm.weight", [32]],
    ["gpt_neox", "bad-shape", "embed_out.weight", [383, 48]],
    ["qwen2", "missing", "model.layers.0.self_attn.q_proj.bias", undefined],
  ] as const)("%s: %s %s", async (family, code, name, shape) => {
    const checkpoint = await openFixtureCheckpoint(read, family);
    const source = altered(checkpoint, (names) => (shape ? names.set(name, { shape }) : names.delete(name)));
    const before = memory().tensors;
    const job = loadWeights(source, parseModelConfig(checkpoint.config));
    await expect(job).rejects.toMatchObject({ code, message: expect.stringContaining(name) as string });
    expect(memory().tensors).toBe(before);
  });
});

test("mask buffers are passed over, biases are not", async () => {
  const checkpoint = await openFixtureCheckpoint(read, "gpt_neox");
  const config = parseModelConfig(checkpoint.config);
  const source = altered(checkpoint, (names) => {
    names.set("gpt_neox.layers.0.attention.bias", { shape: [1, 1, 128, 128] });
    names.set("gpt_neox.layers.0.attention.masked_bias", { shape: [] });
    names.set("gpt_neox.layers.0.attention.rotary_emb.inv_freq", { shape: [2] });
  });
  const { weights, hash } = await loadWeights(source, config);
  expect(weights.vector("blocks.0.attnOut.bias")).toBeDefined();
  weights.dispose();
  const plain = await loadWeights(checkpoint, config);
  expect(plain.hash).toBe(hash);
  plain.weights.dispose();
});

test("a read that fails or a cancel half-way leaves nothing allocated", async () => {
  const checkpoint = await openFixtureCheckpoint(read, "llama");
  const config = parseModelConfig(checkpoint.config);
  const before = memory().tensors;
  const failing: WeightSource = {
    ...checkpoint,
    readTensor: (name) =>
      name.includes("layers.2") ? Promise.reject(new Error("disk")) : checkpoint.readTensor(name),
  };
  await expect(loadWeights(failing, config)).rejects.toThrow("disk");
  const controller = new AbortController();
  const onProgress = ({ done, total }: { done: number; total: number }) =>
    done > total / 2 && controller.abort();
  const job = loadWeights(checkpoint, config, { signal: controller.signal, onProgress });
  await expect(job).rejects.toMatchObject({ code: "cancelled" });
  expect(memory().tensors).toBe(before);
});

test("parameters are counted once where tensors are shared or fused", async () => {
  const model = await loadFixture(read, "gpt2");
  const { layers, residualWidth: d, mlpWidth: f, vocabularySize, contextLength } = model.config;
  const block = 4 * d + d * 3 * d + 3 * d + d * d + d + d * f + f + f * d + d;
  expect(model.parameters).toBe(vocabularySize * d + contextLength * d + 2 * d + layers * block);
  const tensors = memory().tensors;
  model.dispose();
  expect(memory().tensors).toBeLessThan(tensors);
});

test("base matrices are read back bit for bit, under an override and after it", async () => {
  const checkpoint = await openFixtureCheckpoint(read, "llama");
  const model = await loadFixture(read, "llama");
  const stored = await checkpoint.readTensor("model.layers.1.mlp.down_proj.weight");
  const name = "blocks.1.mlpOut";
  const { inFeatures, outFeatures } = model.weights.matrix(name);
  const expectBase = async () => {
    const base = await model.weights.readBase(name);
    for (let row = 0; row < outFeatures; row++) {
      for (let column = 0; column < inFeatures; column++) {
        expect(Object.is(base[column * outFeatures + row], stored[row * inFeatures + column])).toBe(true);
      }
    }
  };
  await expectBase();
  const override = createLinear(new Float32Array(inFeatures * outFeatures), inFeatures, outFeatures);
  model.weights.override(name, override);
  expect(model.weights.matrix(name)).toBe(override);
  await expectBase();
  expect(() => model.weights.override("blocks.1.mlpIn", override)).toThrow(/size/);
  model.weights.override(name, undefined);
  override.dispose();
  expect(model.weights.matrix(name)).not.toBe(override);
  model.dispose();
});
