/**
 * Thousands of damaged files: opening them either works or fails with an error made for the user, soon, and no tensor
 * ever has another number of values than its shape says. Seeds are fixed; PALIMPSEST_FUZZ sets another number of cases
 * per kind, to run for hours by hand.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { AppError } from "../lib/errors";
import { parseModelConfig } from "../model/config";
import { openTokenizer } from "../model/tokenizer/openTokenizer";
import { planWeights } from "../model/weightPlan";
import type { ByteSource, ModelFiles } from "./byteSource";
import { memorySource } from "./byteSource/memorySource";
import { openCheckpoint } from "./checkpoint";
import { nodeModelFiles } from "./nodeModelFiles";
import { mutateBytes, mutateJson, seededRandom, type Random } from "./testing/mutate";

const CASES = Number(process.env["PALIMPSEST_FUZZ"] ?? 500);
const FIXTURES = resolve(import.meta.dirname, "../../tests/fixtures");
const bytesOf = (path: string) => new Uint8Array(readFileSync(`${FIXTURES}/${path}`));
const utf8 = new TextEncoder();

type Outcome = "opened" | "refused";

/** Opens a model and reads all of it; anything but success or an AppError fails the test. */
async function openAndRead(files: ModelFiles): Promise<Outcome> {
  try {
    const checkpoint = await openCheckpoint(files);
    const config = parseModelConfig(checkpoint.config);
    planWeights(config, checkpoint.tensorNames);
    openTokenizer(checkpoint).encode("Paris is in  naïve 東京, 1234!");
    for (const [name, { shape }] of checkpoint.tensorNames) {
      const values = await checkpoint.readTensor(name);
      expect(values.length).toBe(shape.reduce((product, n) => product * n, 1));
    }
    return "opened";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).not.toBe("internal");
    expect(error.message.length).toBeLessThan(600);
    return "refused";
  }
}

/** Runs the cases of one kind; returns how many were opened and refused. */
async function fuzz(seed: number, damage: (random: Random) => ModelFiles | Promise<ModelFiles>) {
  const outcomes = { opened: 0, refused: 0 };
  for (let i = 0; i < CASES; i++) {
    const files = await damage(seededRandom(seed + i));
    const start = performance.now();
    try {
      outcomes[await openAndRead(files)]++;
    } catch (error) {
      throw new Error(`seed ${seed + i}: ${(error as Error).stack ?? String(error)}`, { cause: error });
    }
    expect(performance.now() - start, `seed ${seed + i}`).toBeLessThan(5000);
  }
  return outcomes;
}

/** Damage must not be so gross that everything is refused, nor so slight that everything opens. */
function expectBoth({ opened, refused }: { opened: number; refused: number }): void {
  expect(refused).toBeGreaterThan(CASES / 4);
  expect(opened).toBeGreaterThan(0);
}

async function llamaWith(
  name: string,
  damaged: Uint8Array<ArrayBuffer>,
  without?: string,
): Promise<ModelFiles> {
  const files = new Map<string, ByteSource>(await nodeModelFiles(`${FIXTURES}/models/llama`));
  files.delete("expected.safetensors");
  if (without) files.delete(without);
  return files.set(name, memorySource(name, damaged));
}

describe(`${CASES} damaged files of each kind`, { timeout: 24 * 3600_000 }, () => {
  const weights = bytesOf("models/llama/model.safetensors");
  const headerLength = Number(new DataView(weights.buffer).getBigUint64(0, true));

  test("safetensors, bytes", async () => {
    const damage = (random: Random) =>
      llamaWith("model.safetensors", mutateBytes(weights, 8 + headerLength, random));
    expectBoth(await fuzz(1_000_000, damage));
  });

  test("safetensors, a header that says something else", async () => {
    const json = new TextDecoder().decode(weights.subarray(8, 8 + headerLength));
    const damage = (random: Random) => {
      const header = utf8.encode(mutateJson(json, random));
      const file = new Uint8Array(8 + header.length + weights.length - 8 - headerLength);
      new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
      file.set(header, 8);
      file.set(weights.subarray(8 + headerLength), 8 + header.length);
      return llamaWith("model.safetensors", file);
    };
    const { refused } = await fuzz(2_000_000, damage);
    expect(refused).toBeGreaterThan(CASES / 4);
  });

  test("an index of shards", async () => {
    const index = new TextDecoder().decode(
      bytesOf("models/llama/variants/sharded/model.safetensors.index.json"),
    );
    const shards = await nodeModelFiles(`${FIXTURES}/models/llama/variants/sharded`);
    const damage = async (random: Random) => {
      const name = "model.safetensors.index.json";
      const files = new Map(
        await llamaWith(name, utf8.encode(mutateJson(index, random)), "model.safetensors"),
      );
      for (const [shard, source] of shards) if (shard !== name) files.set(shard, source);
      return files;
    };
    expectBoth(await fuzz(3_000_000, damage));
  });

  test("config.json", async () => {
    const config = new TextDecoder().decode(bytesOf("models/llama/config.json"));
    const damage = (random: Random) => llamaWith("config.json", utf8.encode(mutateJson(config, random)));
    expectBoth(await fuzz(4_000_000, damage));
  });

  test("tokenizer.json", async () => {
    const tokenizer = new TextDecoder().decode(bytesOf("models/llama/tokenizer.json"));
    const damage = (random: Random) =>
      llamaWith("tokenizer.json", utf8.encode(mutateJson(tokenizer, random)));
    expectBoth(await fuzz(8_000_000, damage));
  });

  test.each([
    ["tiny-llama-mixed.gguf", 5_000_000],
    ["tiny-gpt2-q8_0.gguf", 6_000_000],
    ["tiny-qwen2.gguf", 7_000_000],
  ])("%s", async (name, seed) => {
    const original = bytesOf(`gguf/${name}`);
    // The data are what follows the tensors' descriptions, about two thirds into these small files.
    const header = original.length / 3;
    const damage = (random: Random) =>
      new Map([[name, memorySource(name, mutateBytes(original, header, random))]]);
    expectBoth(await fuzz(seed, damage));
  });
});
