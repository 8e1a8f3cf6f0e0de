/** The GGUF fixtures against the Hugging Face models they were converted from. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import expected from "../../../tests/fixtures/gguf/expected.json";
import { smolLm2Path } from "../../../tests/realModel";
import { openCheckpoint } from "../checkpoint";
import { nodeModelFiles } from "../nodeModelFiles";

const FIXTURES = resolve(import.meta.dirname, "../../../tests/fixtures");
const open = async (path: string) => openCheckpoint(await nodeModelFiles(path));

/** Largest rounding error of each type, relative to the largest value of the tensor. */
const RELATIVE: Record<string, number> = {
  F32: 0,
  F16: 2 ** -11,
  BF16: 2 ** -8,
  Q8_0: 1 / 127,
  Q5_0: 1 / 15,
  Q5_1: 1 / 15,
  Q4_0: 1 / 7,
  Q4_1: 1 / 7,
};

describe.each(Object.entries(expected.files))("%s", (file, { source, tensors }) => {
  test("has the tensors of its original, within the rounding of their types", async () => {
    const gguf = await open(`${FIXTURES}/gguf/${file}`);
    const original = await open(`${FIXTURES}/${source}`);
    expect(gguf.format).toBe("gguf");
    expect([...gguf.tensorNames.keys()].sort()).toEqual([...original.tensorNames.keys()].sort());
    expect(gguf.tensorNames.size).toBe(Object.keys(tensors).length);
    for (const [name, { shape, dtype }] of gguf.tensorNames) {
      expect(shape).toEqual(original.tensorNames.get(name)!.shape);
      const [got, exact] = [await gguf.readTensor(name), await original.readTensor(name)];
      const bound = RELATIVE[dtype]! * exact.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const error = exact.reduce((max, value, i) => Math.max(max, Math.abs(value - got[i]!)), 0);
      expect(error, `${name} (${dtype})`).toBeLessThanOrEqual(bound);
    }
  });

  test("rows are the same whether read alone or with the rest", async () => {
    const gguf = await open(`${FIXTURES}/gguf/${file}`);
    for (const [name, { shape }] of gguf.tensorNames) {
      const whole = await gguf.readTensor(name);
      const [first, count] = [shape[0]! >> 1, shape[0]! >> 2];
      const width = whole.length / shape[0]!;
      expect(await gguf.readRows(name, first, count)).toEqual(
        whole.slice(first * width, (first + count) * width),
      );
    }
  });

  test("its configuration says what the original's says", async () => {
    const rebuilt = (await open(`${FIXTURES}/gguf/${file}`)).config as Record<string, unknown>;
    const original = (await open(`${FIXTURES}/${source}`)).config as Record<string, unknown>;
    const shared = Object.keys(rebuilt).filter((key) => Object.hasOwn(original, key));
    expect(shared.length).toBeGreaterThanOrEqual(10);
    for (const key of shared)
      if (key !== "rope_scaling") expect([key, rebuilt[key]]).toEqual([key, original[key]]);
    const isTied = original["tie_word_embeddings"] ?? rebuilt["model_type"] === "gpt2";
    expect(rebuilt["tie_word_embeddings"]).toBe(isTied);
  });
});

describe("SmolLM2-135M-Instruct in Q4_1", () => {
  test.skipIf(!smolLm2Path)(
    "opens, and all of its 98 MB dequantise in seconds",
    { timeout: 60_000 },
    async () => {
      const checkpoint = await open(smolLm2Path!);
      expect(checkpoint.config).toMatchObject({
        model_type: "llama",
        hidden_size: 576,
        num_hidden_layers: 30,
        num_key_value_heads: 3,
        rms_norm_eps: 1e-5,
        rope_theta: 100_000,
        tie_word_embeddings: true,
        vocab_size: 49_152,
      });
      expect(checkpoint.licence).toBe("apache-2.0");
      expect(checkpoint.ggufMetadata!.get("tokenizer.ggml.tokens")).toHaveLength(49_152);
      const start = performance.now();
      let values = 0;
      for (const name of checkpoint.tensorNames.keys()) values += (await checkpoint.readTensor(name)).length;
      expect(values).toBe(134_515_008);
      expect(performance.now() - start).toBeLessThan(20_000);
    },
  );
});
