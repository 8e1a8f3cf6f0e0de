import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { ByteSource, ModelFiles } from "./byteSource";
import { memorySource } from "./byteSource/memorySource";
import { openCheckpoint, type Checkpoint } from "./checkpoint";
import { nodeModelFiles } from "./nodeModelFiles";

const MODELS = resolve(import.meta.dirname, "../../tests/fixtures/models");
const FAMILIES = [
  ["gemma3", "gpt2", "gpt_neox", "gptj", "llama", "llama3", "mistral", "phi", "qwen2", "qwen3", "smollm"],
  ["tiny-facts2-gpt2", "tiny-facts2-llama"],
].flat();

const openModel = async (name: string) => openCheckpoint(await nodeModelFiles(`${MODELS}/${name}`));

/** The base model's small files with a variant's weights. */
async function openVariant(model: string, variant: string): Promise<Checkpoint> {
  const base = await nodeModelFiles(`${MODELS}/${model}`);
  const weights = await nodeModelFiles(`${MODELS}/${model}/variants/${variant}`);
  const small = [...base].filter(([name]) => !name.endsWith(".safetensors"));
  return openCheckpoint(new Map([...small, ...weights]));
}

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
const largest = (a: Float32Array) => a.reduce((worst, value) => Math.max(worst, Math.abs(value)), 0);

describe("a folder in Hugging Face layout", () => {
  test.each(FAMILIES)("%s opens with config, tokenizer and every tensor", async (name) => {
    const checkpoint = await openModel(name);
    expect(checkpoint.format).toBe("safetensors");
    expect(checkpoint.config).toHaveProperty("model_type");
    expect(checkpoint.tokenizer.tokenizer).toHaveProperty("model");
    expect(checkpoint.tokenizer.config).toBeTypeOf("object");
    let bytes = 0;
    for (const [tensor, { shape }] of checkpoint.tensorNames) {
      const values = await checkpoint.readTensor(tensor);
      expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
      expect(values.every(Number.isFinite)).toBe(true);
      bytes += values.byteLength;
    }
    expect(bytes).toBeLessThan(checkpoint.totalBytes);
    expect(bytes).toBeGreaterThan(checkpoint.totalBytes * 0.9);
  });

  test.each([
    ["gpt2", "bf16", 2 ** -8],
    ["gpt2", "f16", 2 ** -11],
    ["llama", "bf16", 2 ** -8],
    ["llama", "f16", 2 ** -11],
  ] as const)("%s in %s is the float32 model within its rounding", async (model, variant, relative) => {
    const exact = await openModel(model);
    const rounded = await openVariant(model, variant);
    expect([...rounded.tensorNames.keys()].sort()).toEqual([...exact.tensorNames.keys()].sort());
    for (const name of exact.tensorNames.keys()) {
      const [a, b] = [await exact.readTensor(name), await rounded.readTensor(name)];
      expect(largestDifference(a, b)).toBeLessThanOrEqual(relative * largest(a));
    }
  });

  test.each(["gpt2", "llama"])("%s in shards is the same model", async (model) => {
    const [whole, sharded] = [await openModel(model), await openVariant(model, "sharded")];
    expect([...sharded.tensorNames.keys()].sort()).toEqual([...whole.tensorNames.keys()].sort());
    for (const name of whole.tensorNames.keys()) {
      expect(await sharded.readTensor(name)).toEqual(await whole.readTensor(name));
    }
  });

  test("rows are read without the rest of the matrix", async () => {
    const files = await nodeModelFiles(`${MODELS}/llama`);
    let bytesRead = 0;
    const counted = (source: ByteSource): ByteSource => ({
      name: source.name,
      size: source.size,
      read: (start, end, signal) => ((bytesRead += end - start), source.read(start, end, signal)),
    });
    const checkpoint = await openCheckpoint(
      new Map([...files].map(([name, source]) => [name, counted(source)])),
    );
    const whole = await checkpoint.readTensor("model.embed_tokens.weight");
    bytesRead = 0;
    const rows = await checkpoint.readRows("model.embed_tokens.weight", 7, 5);
    expect(rows).toEqual(whole.slice(7 * 32, 12 * 32));
    expect(bytesRead).toBe(5 * 32 * 4);
  });

  test("a tensor can be read into memory of the caller", async () => {
    const checkpoint = await openModel("llama");
    const into = new Float32Array(32);
    expect(await checkpoint.readTensor("model.norm.weight", { into })).toBe(into);
    expect(largest(into)).toBeGreaterThan(0);
  });
});

describe("what stops a checkpoint", () => {
  const text = (name: string, content: string) => memorySource(name, new TextEncoder().encode(content));
  const without = async (name: string): Promise<ModelFiles> => {
    const files = new Map(await nodeModelFiles(`${MODELS}/llama`));
    files.delete(name);
    files.delete("expected.safetensors"); // the fixture's numbers, not weights
    return files;
  };

  test.each(["config.json", "tokenizer.json", "model.safetensors"])("%s is absent", async (name) => {
    await expect(openCheckpoint(await without(name))).rejects.toMatchObject({
      code: "missing",
      message: expect.stringContaining(name) as string,
    });
  });

  test("only a pickle is there", async () => {
    const files = new Map([
      ...(await without("model.safetensors")),
      ["pytorch_model.bin", text("x", "")] as const,
    ]);
    await expect(openCheckpoint(files)).rejects.toThrow(/pickle/);
  });

  test("a shard lacks a tensor the index promises", async () => {
    const files = new Map(await without("model.safetensors"));
    files.set("a.safetensors", (await nodeModelFiles(`${MODELS}/llama`)).get("model.safetensors")!);
    files.set(
      "model.safetensors.index.json",
      text("model.safetensors.index.json", `{"weight_map":{"x":"a.safetensors"}}`),
    );
    await expect(openCheckpoint(files)).rejects.toMatchObject({ code: "missing" });
  });

  test("the user cancels, before and while reading", async () => {
    const aborted = AbortSignal.abort();
    await expect(openCheckpoint(await without("x"), aborted)).rejects.toMatchObject({ code: "cancelled" });
    const checkpoint = await openCheckpoint(await without("x"));
    const reading = checkpoint.readTensor("model.norm.weight", { signal: aborted });
    await expect(reading).rejects.toMatchObject({ code: "cancelled" });
  });

  test("a name that is not there", async () => {
    const checkpoint = await openCheckpoint(await without("x"));
    await expect(checkpoint.readTensor("constructor")).rejects.toMatchObject({ code: "missing" });
  });
});
