/** Tokenizers rebuilt from GGUF metadata give the ids of the models' own tokenizer.json on every awkward string. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AppError } from "../../lib/errors";
import { openCheckpoint } from "../../loading/checkpoint";
import { nodeModelFiles } from "../../loading/nodeModelFiles";
import { smolLm2Path } from "../../../tests/realModel";
import { tokenizerFromGguf } from "./ggufTokenizer";
import { createTokenizer } from "./tokenizer";

type Case = { text: string; ids: number[]; offsets_utf16: [number, number][] };
const readJson = (path: string): unknown => JSON.parse(readFileSync(`tests/fixtures/${path}`, "utf8"));
const familyCases = (family: string): Case[] => {
  const { prompts, tokenizer_cases } = readJson(`models/${family}/expected.json`) as Record<string, Case[]>;
  return [...prompts!, ...tokenizer_cases!];
};

async function metadataOf(path: string): Promise<ReadonlyMap<string, unknown>> {
  const checkpoint = await openCheckpoint(await nodeModelFiles(path));
  return checkpoint.ggufMetadata!;
}

describe.each(["gpt2", "llama", "qwen2"])("tiny-%s.gguf", (family) => {
  test.each(familyCases(family))("$text", async ({ text, ids }) => {
    const tokenizer = createTokenizer(
      tokenizerFromGguf(await metadataOf(`tests/fixtures/gguf/tiny-${family}.gguf`)),
    );
    expect([...tokenizer.encode(text).ids]).toEqual(ids);
  });
});

test("names of special tokens and the template come along", async () => {
  const tokenizer = createTokenizer(
    tokenizerFromGguf(await metadataOf("tests/fixtures/gguf/tiny-llama.gguf")),
  );
  expect([tokenizer.bosId, tokenizer.eosIds, tokenizer.leadingSpecials]).toEqual([1, [2], 1]);
  expect(tokenizer.chatTemplate).toContain("[INST]");
  expect(tokenizer.decode(tokenizer.encode("The light").ids, { skipSpecials: true })).toBe("The light");
});

describe.skipIf(!smolLm2Path)("SmolLM2-135M-Instruct", () => {
  const cases = readJson("smollm2/tokenizer_cases.json") as Case[];
  const { prompts } = readJson("smollm2/expected.json") as { prompts: Case[] };

  test("ids and offsets of every case and prompt", async () => {
    const tokenizer = createTokenizer(tokenizerFromGguf(await metadataOf(smolLm2Path!)));
    for (const { text, ids, offsets_utf16 } of [...cases, ...prompts]) {
      const encoded = tokenizer.encode(text);
      expect([...encoded.ids], text).toEqual(ids);
      expect(
        encoded.tokens.map(({ start, end }) => [start, end]),
        text,
      ).toEqual(offsets_utf16);
    }
    const config = readJson("smollm2/tokenizer_config.json") as { chat_template: string };
    expect(tokenizer.chatTemplate).toBe(config.chat_template);
  });
});

describe("contradictions are refused", () => {
  const good = new Map<string, unknown>([
    ["tokenizer.ggml.model", "gpt2"],
    ["tokenizer.ggml.pre", "gpt-2"],
    ["tokenizer.ggml.tokens", ["a", "b", "ab"]],
    ["tokenizer.ggml.token_type", Int32Array.of(1, 1, 1)],
    ["tokenizer.ggml.merges", ["a b"]],
  ]);
  const scores = ["tokenizer.ggml.scores", Float32Array.of(1)] as const;

  test("the good one is accepted", () => {
    expect([...createTokenizer(tokenizerFromGguf(good)).encode("abb").ids]).toEqual([2, 1]);
  });

  test.each([
    [["tokenizer.ggml.model", "wordpiece"], "unsupported"],
    [["tokenizer.ggml.pre", "mystery"], "unsupported"],
    [["tokenizer.ggml.tokens", undefined], "missing"],
    [["tokenizer.ggml.tokens", "abc"], "bad-tokenizer"],
    [["tokenizer.ggml.tokens", ["a", "a", "b"]], "bad-tokenizer"],
    [["tokenizer.ggml.token_type", Int32Array.of(1)], "bad-tokenizer"],
    [["tokenizer.ggml.merges", ["a z"]], "bad-tokenizer"],
    [["tokenizer.ggml.merges", ["ab"]], "bad-tokenizer"],
    [["tokenizer.ggml.bos_token_id", 3], "bad-tokenizer"],
  ] as const)("%s", ([key, value], code) => {
    const changed = new Map(good).set(key, value);
    expect(() => createTokenizer(tokenizerFromGguf(changed))).toThrow(AppError);
    expect(() => createTokenizer(tokenizerFromGguf(changed))).toThrow(expect.objectContaining({ code }));
  });

  test("scores for another number of tokens", () => {
    const changed = new Map(good).set("tokenizer.ggml.model", "llama").set(...scores);
    expect(() => tokenizerFromGguf(changed)).toThrow(expect.objectContaining({ code: "bad-tokenizer" }));
  });
});
