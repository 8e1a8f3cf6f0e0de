/**
 * Every broken and hostile file of the fixtures, each in the place of its good twin in a whole model, opened the way a
 * user would open it: weights, index, GGUF, configuration and tokenizer alike.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../lib/errors";
import { parseModelConfig } from "../model/config";
import { createTokenizer } from "../model/tokenizer/tokenizer";
import type { ByteSource } from "./byteSource";
import { nodeFileSource } from "./byteSource/nodeFileSource";
import { openCheckpoint } from "./checkpoint";
import { readGgufHeader } from "./gguf/ggufHeader";
import { readJson } from "./json/parseJson";
import { nodeModelFiles } from "./nodeModelFiles";
import { parseShardIndex } from "./safetensors/shardIndex";

const FIXTURES = resolve(import.meta.dirname, "../../tests/fixtures");
type Kind = "safetensors" | "index" | "gguf" | "config" | "tokenizer";
type Entry = {
  file: string;
  kind: Kind;
  expect: string;
  categories: string[];
  input?: string;
  bytes: number;
};
type Manifest = { files: Entry[]; max_extra_bytes: number };
const manifest = JSON.parse(readFileSync(`${FIXTURES}/malformed/manifest.json`, "utf8")) as Manifest;
const malformed = (file: string) => nodeFileSource(`${FIXTURES}/malformed/${file}`);

const PLACE: Record<Exclude<Kind, "gguf">, string> = {
  safetensors: "model.safetensors",
  index: "model.safetensors.index.json",
  config: "config.json",
  tokenizer: "tokenizer.json",
};

/** A good model with one file exchanged; weights make room for an index. */
async function modelWith({ file, kind }: Entry): Promise<Map<string, ByteSource>> {
  if (kind === "gguf") return new Map([[file, await malformed(file)]]);
  const files = new Map(await nodeModelFiles(`${FIXTURES}/models/llama`));
  files.delete("expected.safetensors");
  if (kind === "index") files.delete("model.safetensors");
  return files.set(PLACE[kind], await malformed(file));
}

async function openModel(entry: Entry): Promise<void> {
  const checkpoint = await openCheckpoint(await modelWith(entry));
  parseModelConfig(checkpoint.config, entry.file);
  const tokenizer = createTokenizer(checkpoint.tokenizer);
  if (entry.input !== undefined) tokenizer.encode(entry.input);
}

const usedMemory = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** What opening costs beyond what it would cost anyway is seen only once the code is warm. */
beforeAll(async () => {
  for (const entry of manifest.files.filter(({ input }) => input === undefined)) {
    await openModel(entry).catch(() => undefined);
  }
});

describe.each(manifest.files.filter(({ expect: wanted }) => wanted === "reject"))("$file", (entry) => {
  test(`is refused as ${entry.categories.join(" or ")}, quickly, in a sentence that names it`, async () => {
    const [start, before] = [performance.now(), usedMemory()];
    const error: unknown = await openModel(entry).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const [milliseconds, bytes] = [performance.now() - start, usedMemory() - before];
    expect(error).toBeInstanceOf(AppError);
    const { code, message, remedy } = error as AppError;
    expect(entry.categories).toContain(code);
    expect(message).toMatch(entry.kind === "tokenizer" ? /tokenizer\.json/ : new RegExp(entry.file));
    expect(message).toMatch(/\.$/);
    expect(message.length).toBeLessThan(400);
    expect(remedy).not.toBe("");
    expect(milliseconds).toBeLessThan(1000);
    expect(bytes).toBeLessThan(entry.bytes + manifest.max_extra_bytes);
  });
});

describe("what may be accepted or refused", () => {
  const entries = manifest.files.filter(({ expect: wanted }) => wanted === "reject-or-accept");
  test.each(entries)("$file ends within a second and leaves Object.prototype alone", async (entry) => {
    const [start, names] = [performance.now(), Object.getOwnPropertyNames(Object.prototype)];
    const error: unknown = await openModel(entry).catch((reason: unknown) => reason);
    if (error !== undefined) expect(error).toBeInstanceOf(AppError);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
  });
});

describe("the controls are accepted", () => {
  const accepted = manifest.files.filter(({ expect: wanted }) => wanted === "accept");

  test.each(accepted.filter(({ kind }) => kind !== "gguf" && kind !== "index"))("$file", async (entry) => {
    await expect(openModel(entry)).resolves.toBeUndefined();
  });

  test.each(accepted.filter(({ kind }) => kind === "safetensors"))(
    "$file: every tensor reads",
    async (entry) => {
      const checkpoint = await openCheckpoint(await modelWith(entry));
      for (const [name, { shape }] of checkpoint.tensorNames) {
        const values = await checkpoint.readTensor(name);
        expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
      }
    },
  );

  test("ok-alignment-64.gguf: the header", async () => {
    const { metadata, tensors } = await readGgufHeader(await malformed("ok-alignment-64.gguf"));
    expect(metadata.get("general.alignment")).toBe(64);
    expect(metadata.get("x.unknown")).toHaveLength(0);
    expect(tensors.get("w")).toMatchObject({ dimensions: [4], begin: 192 });
  });

  test("ok-shards.index.json: the map", async () => {
    const source = await malformed("ok-shards.index.json");
    expect(parseShardIndex(await readJson(source, 1000), source.name).size).toBeGreaterThan(0);
  });
});
