/** Ids and offsets against the reference library's, for every family and for SmolLM2. */
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readWhole } from "../../../tests/sharedFixtures";
import { AppError } from "../../lib/errors";
import { createTokenizer, type Tokenizer } from "./tokenizer";

const FIXTURES = "tests/fixtures";
const FAMILIES = [
  ...["gpt2", "gpt_neox", "gptj", "llama", "llama3", "mistral", "qwen2", "qwen3", "gemma3", "phi", "smollm"],
  ...["tiny-facts2-gpt2", "tiny-facts2-llama"],
];

type Case = { text: string; ids: number[]; offsets_utf16: [number, number][]; decoded?: string };

const readJson = (path: string): unknown => JSON.parse(new TextDecoder().decode(readWhole(path)));

function open(folder: string): Tokenizer {
  return createTokenizer({
    tokenizer: readJson(`${folder}/tokenizer.json`),
    config: readJson(`${folder}/tokenizer_config.json`),
  });
}

function casesOf(folder: string): Case[] {
  const { prompts, tokenizer_cases } = readJson(`${folder}/expected.json`) as Record<string, Case[]>;
  const extra = existsSync(`${FIXTURES}/${folder}/tokenizer_cases.json`)
    ? (readJson(`${folder}/tokenizer_cases.json`) as Case[])
    : [];
  return [...prompts!, ...(tokenizer_cases ?? []), ...extra];
}

/**
 * The reference library's habits (README of the fixtures), as changes to exact offsets. `trimmed`: GPT-NeoX's
 * post-processor takes spaces at a token's ends out of its span. `composed`: under NFC a token's last character ends at
 * the first code point of what was decomposed in the text.
 */
type Habits = { trimmed?: boolean; composed?: boolean };
const HABITS: Record<string, Habits> = {
  gpt_neox: { trimmed: true, composed: true },
  qwen2: { composed: true },
  qwen3: { composed: true },
};

function withHabits(text: string, [start, end]: [number, number], habits: Habits): [number, number] {
  const span = text.slice(start, end);
  if (habits.composed) end -= /(?<=\P{M})\p{M}*$/u.exec(span)?.[0].length ?? 0;
  if (habits.trimmed) {
    start += /^ */.exec(span)![0].length;
    end = Math.max(start, end - / *$/.exec(text.slice(0, end))![0].length);
  }
  return [start, end];
}

describe.each([...FAMILIES.slice(0, -2).map((name) => `models/${name}`), "smollm2"])("%s", (folder) => {
  const tokenizer = open(folder);
  const habits = HABITS[folder.slice("models/".length)] ?? {};

  test.each(casesOf(folder))("$text", ({ text, ids, offsets_utf16, decoded }) => {
    const encoded = tokenizer.encode(text);
    expect([...encoded.ids]).toEqual(ids);
    const spans = encoded.tokens.map(({ start, end }) => withHabits(text, [start, end], habits));
    expect(spans).toEqual(offsets_utf16);
    if (decoded !== undefined) expect(tokenizer.decode(ids, { skipSpecials: true })).toBe(decoded);
  });
});

describe("any text", () => {
  const AWKWARD = [
    "é",
    "e\u0301",
    "Å",
    "ẛ̣",
    "각",
    "한",
    "👩‍🚀",
    "🇫🇷",
    "\u2581",
    "<s>",
    "<|endoftext|>",
    "<|im_start|>",
    "\ufeff",
    "\u0085",
    "\ud800",
  ];
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 8 }),
        fc.string({ maxLength: 8 }),
        fc.constantFrom(...AWKWARD, " ", "  ", "\n", "7"),
      ),
    )
    .map((parts) => parts.join(""));

  test.each(FAMILIES)("%s: every character is covered, in order, by the tokens made from it", (family) => {
    const tokenizer = open(`models/${family}`);
    fc.assert(
      fc.property(text, (sample) => {
        const { tokens } = tokenizer.encode(sample, { specials: false });
        const covered = new Uint8Array(sample.length);
        let before = 0;
        for (const { start, end } of tokens) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(sample.length);
          expect(start).toBeLessThan(end);
          expect(start).toBeGreaterThanOrEqual(before);
          before = start;
          covered.fill(1, start, end);
        }
        // These vocabularies hold all 256 bytes, so nothing vanishes.
        expect(covered.every((one) => one === 1)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("a byte-level vocabulary gives the text back", () => {
    const tokenizer = open("models/gpt2");
    fc.assert(
      fc.property(text, (sample) => {
        expect(tokenizer.decode(tokenizer.encode(sample).ids)).toBe(
          new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(sample)),
        );
      }),
    );
  });

  test("bytes without a token vanish and the rest keeps its place (SmolLM2)", () => {
    const tokenizer = open("smollm2");
    const { tokens } = tokenizer.encode("ab\u0004cd\u0004\u0004 ef");
    expect(tokens.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [3, 5],
      [7, 9],
      [9, 10],
    ]);
  });
});

describe("what a tokenizer says of itself", () => {
  test("special tokens of the template", () => {
    expect(open("models/llama").leadingSpecials).toBe(1);
    expect(open("models/llama").bosId).toBe(1);
    expect(open("models/llama").eosIds).toEqual([2]);
    expect(open("models/gpt2").leadingSpecials).toBe(0);
    expect(open("models/qwen2").bosId).toBeUndefined();
    expect(open("models/gpt2").isSpecial(383)).toBe(true);
  });

  test("without specials", () => {
    const llama = open("models/llama");
    expect([...llama.encode("The", { specials: false }).ids]).toEqual([...llama.encode("The").ids].slice(1));
  });

  test("one token by itself, with its space", () => {
    const llama = open("models/llama");
    expect(llama.encode("The light").tokens.map(({ text }) => text)).toEqual(["<s>", " The", " l", "ight"]);
    const gpt2 = open("models/gpt2");
    expect(gpt2.encode("🙂").tokens.map(({ text }) => text)).toEqual(["\ufffd", "\ufffd", "\ufffd"]);
    expect(gpt2.tokenText(99_999)).toBe("⟨99999⟩");
    expect(gpt2.decode([99_999])).toBe("");
  });

  test("the chat template", () => {
    expect(open("models/smollm").chatTemplate).toContain("<|im_start|>");
    expect(open("models/gpt2").chatTemplate).toBeUndefined();
  });

  test("a text beyond all reason is refused", () => {
    expect(() => open("models/gpt2").encode("x".repeat(4_000_001))).toThrow(AppError);
  });

  test("a long word takes no long time", () => {
    const started = performance.now();
    expect(open("models/gpt2").encode("x".repeat(100_000)).ids.length).toBe(100_000);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
