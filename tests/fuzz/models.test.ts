/** Damaged model files: opened they give exactly what the file says, or they are refused; nothing between. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { ByteSource, ModelFiles } from "../../src/loading/byteSource";
import { memorySource } from "../../src/loading/byteSource/memorySource";
import { openCheckpoint, type Checkpoint } from "../../src/loading/checkpoint";
import { nodeModelFiles } from "../../src/loading/nodeModelFiles";
import { encodeGguf, type GgufScalar } from "../../src/loading/testing/encodeGguf";
import { mutateBytes, mutateJson, type Random } from "../../src/loading/testing/mutate";
import { parseModelConfig, type ModelConfig } from "../../src/model/config";
import { openTokenizer } from "../../src/model/tokenizer/openTokenizer";
import { planWeights } from "../../src/model/weightPlan";
import { mutateValue } from "./mutateValue";
import { FUZZ_TIMEOUT, runCases } from "./runCases";

const FIXTURES = resolve(import.meta.dirname, "../fixtures");
const bytesOf = (path: string) => new Uint8Array(readFileSync(`${FIXTURES}/${path}`));
const jsonOf = (path: string): unknown => JSON.parse(readFileSync(`${FIXTURES}/${path}`, "utf8"));
const utf8 = new TextEncoder();
const FAMILIES = [
  "gpt2",
  "gpt_neox",
  "gptj",
  "llama",
  "llama3",
  "mistral",
  "qwen2",
  "qwen3",
  "gemma3",
  "phi",
] as const;

/** Opens a model and reads all of it. */
async function openAndRead(
  files: ModelFiles,
): Promise<{ checkpoint: Checkpoint; tensors: Map<string, Float32Array> }> {
  const checkpoint = await openCheckpoint(files);
  const config = parseModelConfig(checkpoint.config);
  assertSane(config);
  planWeights(config, checkpoint.tensorNames);
  const { ids } = openTokenizer(checkpoint).encode("Paris is in  naïve 東京, 1234!");
  expect(ids.every((id) => Number.isInteger(id) && id >= 0)).toBe(true);
  const tensors = new Map<string, Float32Array>();
  for (const [name, { shape }] of checkpoint.tensorNames) {
    const values = await checkpoint.readTensor(name);
    if (values.length !== shape.reduce((product, n) => product * n, 1))
      throw new Error(`${name} has another length`);
    if (!values.every(Number.isFinite)) throw new Error(`${name} holds a number that is not finite`);
    tensors.set(name, values);
  }
  return { checkpoint, tensors };
}

/** Every number of a configuration can be computed with. */
function assertSane(value: unknown, path = "config"): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${path} is ${value}`);
  if (typeof value !== "object" || value === null) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype)
    throw new Error(`${path} has a strange prototype`);
  for (const [key, inner] of Object.entries(value)) assertSane(inner, `${path}.${key}`);
}

/** The obvious reader of a safetensors file of F32: what the product's must agree with, bit for bit. */
function assertAsWritten(file: Uint8Array<ArrayBuffer>, tensors: ReadonlyMap<string, Float32Array>): void {
  const view = new DataView(file.buffer, file.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  expect([...tensors.keys()].sort()).toEqual(names.sort());
  for (const name of names) {
    const { dtype, data_offsets } = header[name]!;
    const values = tensors.get(name)!;
    if (dtype !== "F32") continue;
    for (let at = 0; at < values.length; at += 37) {
      const stored = view.getFloat32(8 + length + data_offsets[0] + at * 4, true);
      if (!Object.is(values[at], stored))
        throw new Error(`${name}[${at}] is ${values[at]}, the file says ${stored}`);
    }
  }
}

async function modelWith(
  family: string,
  name: string,
  damaged: Uint8Array<ArrayBuffer>,
): Promise<ModelFiles> {
  const files = new Map<string, ByteSource>(await nodeModelFiles(`${FIXTURES}/models/${family}`));
  files.delete("expected.safetensors");
  return files.set(name, memorySource(name, damaged));
}

describe("damaged models", { timeout: FUZZ_TIMEOUT }, () => {
  const weights = bytesOf("models/llama/model.safetensors");
  const headerLength = Number(new DataView(weights.buffer).getBigUint64(0, true));
  const headerText = new TextDecoder().decode(weights.subarray(8, 8 + headerLength));
  const withHeader = (text: string): Uint8Array<ArrayBuffer> => {
    const header = utf8.encode(text);
    const file = new Uint8Array(header.length + weights.length - headerLength);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(header, 8);
    file.set(weights.subarray(8 + headerLength), 8 + header.length);
    return file;
  };
  const openWeights = async (file: Uint8Array<ArrayBuffer>): Promise<void> => {
    const { tensors } = await openAndRead(await modelWith("llama", "model.safetensors", file));
    assertAsWritten(file, tensors);
  };

  test("safetensors: bytes", async () => {
    await runCases({ kind: 1, share: 2 }, (random) =>
      openWeights(mutateBytes(weights, 8 + headerLength, random)),
    );
  });

  test("safetensors: the header's text", async () => {
    await runCases({ kind: 2, share: 2 }, (random) =>
      openWeights(withHeader(mutateJson(headerText, random))),
    );
  });

  test("safetensors: the header's structure", async () => {
    const header = JSON.parse(headerText) as unknown;
    await runCases({ kind: 3, share: 2 }, (random) => openWeights(withHeader(mutateValue(header, random))));
  });

  test("an index of shards", async () => {
    const folder = `${FIXTURES}/models/llama/variants/sharded`;
    const index = jsonOf("models/llama/variants/sharded/model.safetensors.index.json");
    const shards = await nodeModelFiles(folder);
    await runCases({ kind: 4 }, async (random) => {
      const text = random.below(2) ? mutateValue(index, random) : mutateJson(JSON.stringify(index), random);
      const files = new Map(await modelWith("llama", "model.safetensors.index.json", utf8.encode(text)));
      files.delete("model.safetensors");
      for (const [name, source] of shards) if (name.endsWith(".safetensors")) files.set(name, source);
      await openAndRead(files);
    });
  });

  test("config.json of every family", async () => {
    const configs = FAMILIES.flatMap((family) =>
      ["config.json", "config.v5.json"].map((name) => ({ family, json: jsonOf(`models/${family}/${name}`) })),
    );
    await runCases({ kind: 5, share: 4 }, (random) => {
      const { json } = random.pick(configs);
      const text = random.below(3) ? mutateValue(json, random) : mutateJson(JSON.stringify(json), random);
      assertSane(readConfig(text));
    });
  });

  test("config.json beside its weights", async () => {
    const config = jsonOf("models/llama/config.json");
    await runCases({ kind: 6 }, async (random) => {
      await openAndRead(await modelWith("llama", "config.json", utf8.encode(mutateValue(config, random))));
    });
  });

  test.each([
    ["tiny-llama-mixed.gguf", 7],
    ["tiny-gpt2-q8_0.gguf", 8],
    ["tiny-qwen2.gguf", 9],
  ] as const)("%s: bytes", async (name, kind) => {
    const original = bytesOf(`gguf/${name}`);
    // The data are what follows the tensors' descriptions, about two thirds into these small files.
    await runCases({ kind, share: 2 }, async (random) => {
      const file = mutateBytes(original, original.length / 3, random);
      await openAndRead(new Map([[name, memorySource(name, file)]]));
    });
  });

  test("GGUF: other metadata and other tensors, well formed", async () => {
    const whole = await openAndRead(
      new Map([["tiny-llama.gguf", memorySource("x", bytesOf("gguf/tiny-llama.gguf"))]]),
    );
    const stated = [...(whole.checkpoint.ggufMetadata ?? [])].filter(([key]) => !key.startsWith("tokenizer"));
    await runCases({ kind: 10, share: 2 }, async (random) => {
      const metadata = Object.fromEntries(stated.map(([key, value]) => [key, scalarOf(key, value, random)]));
      if (random.below(4) === 0)
        metadata[random.pick(["__proto__", "llama.rope.freq_base", "general.alignment"])] = oddScalar(random);
      const tensors = [...whole.tensors].slice(0, 6).map(([name, values], index) => ({
        name: random.below(9)
          ? `blk.${index}.attn_norm.weight`
          : random.pick([name, "__proto__", "", "token_embd.weight"]),
        dimensions: random.below(9)
          ? [values.length]
          : random.pick([[0], [1, values.length], [values.length, 2 ** 40]]),
        values,
      }));
      const file = encodeGguf(metadata, tensors);
      const checkpoint = await openCheckpoint(new Map([["x.gguf", memorySource("x.gguf", file)]]));
      assertSane(parseModelConfig(checkpoint.config));
    });
  });
});

function readConfig(text: string): ModelConfig {
  return parseModelConfig(parse(text));
}

/** Not JSON at all is parseJson's to refuse, in other kinds. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function oddScalar(random: Random): GgufScalar {
  const number = random.pick([0, 1, 2, 3, 7, 2 ** 31, 2 ** 32 - 1]);
  return random.pick<GgufScalar>([
    { u32: number },
    { f32: random.pick([NaN, Infinity, -1, 0, 1e30]) },
    { bool: true },
    { text: random.pick(["", "llama", "gpt2", "__proto__", "\u202e"]) },
  ]);
}

/** The metadata's own value most of the time, of the kind that the key had. */
function scalarOf(key: string, value: unknown, random: Random): GgufScalar {
  if (random.below(12) === 0) return oddScalar(random);
  if (typeof value === "string") return { text: value };
  if (typeof value === "boolean") return { bool: value };
  const number = Number(value);
  return /epsilon|freq_base|scale/.test(key) ? { f32: number } : { u32: number };
}
