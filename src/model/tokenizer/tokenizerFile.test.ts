/** Broken and hostile tokenizer files are refused with their category and the field's name; controls are accepted. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AppError } from "../../lib/errors";
import { checkPattern } from "./patternCheck";
import { createTokenizer } from "./tokenizer";
import { parseTokenizerText } from "./tokenizerFile";

const FOLDER = "tests/fixtures/malformed";
type Entry = { file: string; kind: string; expect: string; categories: string[]; input?: string };
const { files } = JSON.parse(readFileSync(`${FOLDER}/manifest.json`, "utf8")) as { files: Entry[] };
const entries = files.filter(({ kind }) => kind === "tokenizer");
const textOf = (file: string): string => readFileSync(`${FOLDER}/${file}`, "utf8");
const open = (text: string) => createTokenizer({ tokenizer: parseTokenizerText(text) });

function faultOf(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test.each(entries.filter((entry) => entry.expect === "reject"))(
  "$file is refused",
  ({ file, categories }) => {
    const started = performance.now();
    const error = faultOf(() => open(textOf(file)));
    expect(categories).toContain(error.code);
    expect(error.message).toMatch(/tokenizer\.json/);
    expect(performance.now() - started).toBeLessThan(1000);
  },
);

test.each(entries.filter((entry) => entry.input !== undefined))(
  "$file ends within a second",
  ({ file, input }) => {
    const started = performance.now();
    expect(faultOf(() => open(textOf(file)).encode(input!)).code).toBe("bad-tokenizer");
    expect(performance.now() - started).toBeLessThan(1000);
  },
);

test("names of Object.prototype are ordinary tokens", () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const tokenizer = open(textOf("ok-names.tokenizer.json"));
  expect(["constructor", "toString", "__proto__", "valueOf"].map((name) => tokenizer.idOf(name))).toEqual([
    3,
    4,
    5,
    undefined,
  ]);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
});

describe("a good file with one thing changed", () => {
  const good = JSON.parse(readFileSync("tests/fixtures/models/llama3/tokenizer.json", "utf8")) as {
    model: object;
  };

  test.each([
    ["not an object", () => [], "bad-json"],
    ["no model", () => ({ ...good, model: null }), "bad-tokenizer"],
    ["no vocabulary", () => withModel({ vocab: [] }), "bad-tokenizer"],
    ["a negative id", () => withModel({ vocab: { a: -1 } }), "bad-tokenizer"],
    ["half an id", () => withModel({ vocab: { a: 0.5 } }), "bad-tokenizer"],
    ["merges of three", () => withModel({ merges: [["a", "b", "c"]] }), "bad-tokenizer"],
    ["an unknown token outside", () => withModel({ unk_token: "nowhere" }), "bad-tokenizer"],
    ["a suffix", () => withModel({ end_of_word_suffix: "</w>" }), "unsupported"],
    [
      "an added token on a taken id",
      () => ({ ...good, added_tokens: [{ id: 0, content: "<new>" }] }),
      "bad-tokenizer",
    ],
    ["an unknown step", () => ({ ...good, pre_tokenizer: { type: "Mystery" } }), "unsupported"],
    ["a sequence of nothing", () => ({ ...good, normalizer: { type: "Sequence" } }), "bad-tokenizer"],
    ["a step that is a number", () => ({ ...good, decoder: 7 }), "bad-tokenizer"],
    [
      "a template of unknown tokens",
      () => ({ ...good, post_processor: template("<nowhere>") }),
      "bad-tokenizer",
    ],
  ])("%s", (_what, change, code) => {
    expect(faultOf(() => createTokenizer({ tokenizer: change() })).code).toBe(code);
  });

  const withModel = (changes: object): object => ({
    ...good,
    model: { ...good.model, ...changes },
  });
  const template = (id: string): object => ({
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  });

  test("random values anywhere: refused or usable, never a crash", () => {
    const text = JSON.stringify(good);
    const junk = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(null, -1, 1e300, "", "(", [], {}, { type: "Sequence" }),
    );
    fc.assert(
      fc.property(fc.nat(), junk, (seed, value) => {
        const mutated = replaceSomewhere(JSON.parse(text) as object, seed, value);
        try {
          createTokenizer({ tokenizer: mutated }).encode("The 12 lights aren't <|eot_id|> off.");
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Replaces one value, chosen by `seed`, below one of the steps or the model's settings. */
function replaceSomewhere(root: object, seed: number, value: unknown): object {
  let at = root as Record<string, unknown>;
  let rest = seed;
  for (;;) {
    const keys = Object.keys(at);
    const key = keys[rest % keys.length]!;
    rest = Math.floor(rest / keys.length);
    const next = at[key];
    if (typeof next !== "object" || next === null || Object.keys(next).length === 0 || rest % 3 === 0) {
      at[key] = value;
      return root;
    }
    at = next as Record<string, unknown>;
  }
}

describe("patterns", () => {
  test.each([
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "[一-龥぀-ゟ゠-ヿ]+",
    "\\d{1,3}(?=(?:\\d{3})*\\b)",
    "(?:ab|cd)+e",
  ])("%s is let through", (pattern) => {
    expect(() => checkPattern(pattern, "pattern")).not.toThrow();
  });

  test.each([
    "(?:a+)+c",
    "(a|a)*b",
    "(a|ab)*c",
    "(\\d{1,3})+x",
    "((a?b?)*)*",
    "([a-z]|[a-y])+!",
    "a*a*a*a*b",
    "(?=(a+)+b)a",
    "a?".repeat(30) + "a".repeat(30),
    "(a|a)".repeat(30) + "b",
    "a{0,60}".repeat(5) + "b",
    "(?:a?){40}a{40}",
    "(a)\\1+",
    "(a+",
    "a)",
    "[a",
    "\\",
    "(".repeat(40) + ")".repeat(40),
    "a".repeat(20_001),
  ])("%s is refused", (pattern) => {
    expect(faultOf(() => checkPattern(pattern, "pattern")).code).toBe("bad-tokenizer");
  });

  test("random patterns: read to their end or refused, and those let through end quickly", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "\\s",
      "[ab]",
      "(",
      ")",
      "(?:",
      "|",
      "*",
      "+",
      "?",
      "{2,3}",
      "\\p{L}",
      "(?=",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const pattern = pieces.join("");
        try {
          checkPattern(pattern, "pattern");
          const compiled = new RegExp(pattern, "gu");
          const started = performance.now();
          compiled.test("a".repeat(60) + "!");
          expect(performance.now() - started).toBeLessThan(500);
        } catch (error) {
          if (!(error instanceof AppError) && !(error instanceof SyntaxError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("steps that a fuzzer or its author thought of", () => {
  const good = JSON.parse(readFileSync("tests/fixtures/models/llama/tokenizer.json", "utf8")) as object;
  const withSteps = (steps: object) => createTokenizer({ tokenizer: { ...good, ...steps } });
  const grow = { type: "Replace", pattern: { String: "a" }, content: "a".repeat(60) };

  test("that blow a text up are stopped before the memory is gone", () => {
    const tokenizer = withSteps({
      normalizer: { type: "Sequence", normalizers: Array.from({ length: 12 }, () => grow) },
      decoder: { type: "Sequence", decoders: Array.from({ length: 12 }, () => grow) },
    });
    for (const run of [() => tokenizer.encode("banana"), () => tokenizer.decode([tokenizer.idOf("a")!])]) {
      const error = faultOf(run);
      expect(error.code).toBe("bad-tokenizer");
      expect(error.message).toMatch(/8000000 characters/);
    }
  });

  test("a replacement is a text, not a pattern that escapes the check", () => {
    const tokenizer = withSteps({
      normalizer: null,
      pre_tokenizer: { type: "Metaspace", replacement: "(a+)+$", prepend_scheme: "never" },
    });
    const started = performance.now();
    tokenizer.encode(`${"a".repeat(60)}b`);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test.each([
    [
      "a switch that is a text",
      { pre_tokenizer: { type: "ByteLevel", add_prefix_space: "no" } },
      /add_prefix_space/,
    ],
    ["a content that is a number", { normalizer: { type: "Prepend", prepend: 7 } }, /prepend/],
    ["a pattern that is a text", { normalizer: { type: "Replace", pattern: "a", content: "b" } }, /pattern/],
    [
      "an empty pattern",
      { normalizer: { type: "Replace", pattern: { String: "" }, content: "b" } },
      /pattern/,
    ],
    ["a flag of a token", { added_tokens: [{ id: 0, content: "<unk>", special: "yes" }] }, /special/],
  ])("%s is refused by its name", (_, steps, name) => {
    const error = faultOf(() => withSteps(steps));
    expect(error.code).toBe("bad-tokenizer");
    expect(error.message).toMatch(name);
  });
});
