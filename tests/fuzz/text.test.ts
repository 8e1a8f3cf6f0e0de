/** Damaged tokenizers and templates, and texts nobody types: places always fit the text, ids always have a token. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeWatch } from "../../src/lab/nodeWatch";
import { visiblePieces, visibleString } from "../../src/lib/visibleText";
import { memorySource } from "../../src/loading/byteSource/memorySource";
import { openCheckpoint } from "../../src/loading/checkpoint";
import { mutateBytes, mutateJson, type Random } from "../../src/loading/testing/mutate";
import { renderChat } from "../../src/model/chat";
import { tokenizerFromGguf } from "../../src/model/tokenizer/ggufTokenizer";
import { createTokenizer, type Tokenizer } from "../../src/model/tokenizer/tokenizer";
import { parseTokenizerText } from "../../src/model/tokenizer/tokenizerFile";
import {
  guessSubject,
  occurrences,
  promptWarnings,
  spanOfTokens,
  tokensInSpan,
} from "../../src/store/prompt";
import { documentsOf } from "../../src/store/statisticsStore";
import { diffWords } from "../../src/store/words";
import { HOSTILE_TEXTS, mutateValue } from "./mutateValue";
import { FUZZ_TIMEOUT, runCases } from "./runCases";

const FIXTURES = resolve(import.meta.dirname, "../fixtures");
const textOf = (path: string): string => readFileSync(`${FIXTURES}/${path}`, "utf8");
const FAMILIES = ["gpt2", "llama", "llama3", "gemma3", "qwen2", "smollm"];
const SAMPLE = "The Eiffel Tower is in  naïve 東京, 1234!\n\tx🦊";

/** What a damaged pattern or template may take; the watch ends it with an error for the user. */
const watch = nodeWatch(1000);

/** Tokens cover the text in order, and decoding gives text; whatever the tokenizer was made of. */
function assertUsable(tokenizer: Tokenizer, text: string): void {
  const { ids, tokens } = watch({ kind: "tokenizer", model: "x" }, () => tokenizer.encode(text));
  tokens.forEach(({ id, start, end }, at) => {
    if (ids[at] !== id || !(id >= 0) || id >= tokenizer.vocabularySize)
      throw new Error(`token ${at} has id ${id}`);
    if (!(start >= 0 && start <= end && end <= text.length))
      throw new Error(`token ${at} lies at ${start} to ${end}`);
    if (at > 0 && start < tokens[at - 1]!.start) throw new Error(`token ${at} lies before the one before it`);
  });
  expect(typeof watch({ kind: "tokenizer", model: "x" }, () => tokenizer.decode(ids))).toBe("string");
}

function randomText(random: Random): string {
  const pieces = [
    " ",
    "a",
    "France",
    "\n",
    "\t",
    "é",
    "e\u0301",
    "東",
    "🦊",
    "👨‍👩‍👧",
    "\u202e",
    "\ud83e",
    "1",
    "<s>",
    "'s",
    "   ",
  ];
  const length = random.pick([1, 5, 30, 200]);
  const text = Array.from({ length }, () => random.pick(pieces)).join("");
  return random.below(4) ? text : text + random.pick(HOSTILE_TEXTS);
}

describe("damaged tokenizers, templates and texts", { timeout: FUZZ_TIMEOUT }, () => {
  test("tokenizer.json", async () => {
    const files = FAMILIES.map((family) => textOf(`models/${family}/tokenizer.json`));
    const parsed = files.map((text) => JSON.parse(text) as unknown);
    await runCases({ kind: 11, share: 2 }, (random) => {
      const which = random.below(files.length);
      const text = random.below(3) ? mutateValue(parsed[which], random) : mutateJson(files[which]!, random);
      const tokenizer = watch({ kind: "tokenizer", model: "x" }, () =>
        createTokenizer({ tokenizer: parseTokenizerText(text) }),
      );
      assertUsable(tokenizer, SAMPLE);
    });
  });

  test("tokenizer.json: the steps alone, patterns among them", async () => {
    // The vocabulary is most of the file and least of its code.
    const parsed = FAMILIES.map(
      (family) => JSON.parse(textOf(`models/${family}/tokenizer.json`)) as Record<string, unknown>,
    );
    await runCases({ kind: 12, share: 5 }, (random) => {
      const { model, ...steps } = random.pick(parsed);
      const text = random.below(4) ? mutateValue(steps, random) : mutateJson(JSON.stringify(steps), random);
      const damaged = parseTokenizerText(text) as object;
      assertUsable(createTokenizer({ tokenizer: { ...damaged, model } }), SAMPLE);
    });
  });

  test("a GGUF's tokenizer", async () => {
    const names = ["tiny-llama.gguf", "tiny-gpt2.gguf", "tiny-qwen2.gguf"];
    const found = await Promise.all(
      names.map(async (name) => {
        const bytes = new Uint8Array(readFileSync(`${FIXTURES}/gguf/${name}`));
        const { ggufMetadata } = await openCheckpoint(new Map([[name, memorySource(name, bytes)]]));
        return [...ggufMetadata!].filter(([key]) => key.startsWith("tokenizer"));
      }),
    );
    await runCases({ kind: 13, share: 3 }, (random) => {
      const metadata = new Map<string, unknown>(random.pick(found));
      for (let times = 1 + random.below(2); times > 0; times--) damageEntry(metadata, random);
      assertUsable(createTokenizer(tokenizerFromGguf(metadata)), SAMPLE);
    });
  });

  test("texts that nobody types, pasted", async () => {
    const tokenizers = FAMILIES.map((family) =>
      createTokenizer({
        tokenizer: JSON.parse(textOf(`models/${family}/tokenizer.json`)),
        config: JSON.parse(textOf(`models/${family}/tokenizer_config.json`)),
      }),
    );
    await runCases({ kind: 14, share: 6 }, (random) => {
      const text = randomText(random);
      const tokenizer = random.pick(tokenizers);
      assertUsable(tokenizer, text);
      const { tokens } = tokenizer.encode(text);
      const subject = guessSubject(text);
      if (subject && !(subject.start >= 0 && subject.start < subject.end && subject.end <= text.length)) {
        throw new Error(`the subject lies at ${subject.start} to ${subject.end}`);
      }
      for (const { start, end } of occurrences(text, random.pick(["a", "France", " ", "🦊"])))
        expect(start).toBeLessThan(end);
      const span = spanOfTokens(
        text,
        tokens,
        random.below(tokens.length + 1),
        random.below(tokens.length + 1),
      );
      if (span) tokensInSpan(tokens, span);
      promptWarnings(text, subject, text.slice(0, 3));
      documentsOf(text);
      expect(diffWords(text, randomText(random)).length).toBeGreaterThan(0);
      assertShown(text);
      return random.below(2) ? "opened" : "refused";
    });
  });

  test("chat templates", async () => {
    const configs = ["llama", "smollm"].map(
      (family) => JSON.parse(textOf(`models/${family}/tokenizer_config.json`)) as { chat_template: string },
    );
    const templates = [...configs.map((config) => config.chat_template), PUBLISHED];
    const tokenizer = JSON.parse(textOf("models/llama/tokenizer.json")) as unknown;
    await runCases({ kind: 15, share: 6 }, (random) => {
      const chatTemplate = random.below(3)
        ? mutateTemplate(random.pick(templates), random)
        : randomTemplate(random, 0);
      const made = createTokenizer({ tokenizer, chatTemplate });
      const content = random.below(2) ? "Hello" : random.pick(HOSTILE_TEXTS);
      const rendered = watch({ kind: "template", model: "x" }, () =>
        renderChat(made, [{ role: "user", content }]),
      );
      expect(typeof rendered).toBe("string");
    });
  });
});

/** Nothing that reorders, hides or moves a cursor reaches a reader; nothing else is lost. */
function assertShown(text: string): void {
  if (/[\p{Cc}\p{Bidi_Control}]/u.test(visibleString(text, "none").replaceAll("\n", "")))
    throw new Error("shown as it is");
  const plain = visiblePieces(text, "all").filter(({ kind }) => kind === "plain");
  for (const piece of plain) if (!text.includes(piece.text)) throw new Error("text that was not there");
}

function damageEntry(metadata: Map<string, unknown>, random: Random): void {
  const key = random.pick([...metadata.keys()]);
  const value = metadata.get(key);
  const odd: unknown[] = [
    null,
    0,
    -1,
    2 ** 40,
    NaN,
    Infinity,
    true,
    "",
    "gpt2",
    "llama",
    "llama-bpe",
    [],
    ["a"],
    new Float32Array(3),
    {},
  ];
  if (Array.isArray(value) && random.below(3)) {
    const copy: unknown[] = value.slice();
    const at = random.below(copy.length);
    copy[at] = random.pick<unknown>([...HOSTILE_TEXTS, copy[random.below(copy.length)], 7]);
    if (random.below(4) === 0) copy.splice(at, 1);
    metadata.set(key, copy);
  } else if (ArrayBuffer.isView(value) && random.below(2)) {
    const copy = (value as Float32Array).slice();
    copy[random.below(copy.length)] = random.pick([NaN, Infinity, -5, 99]);
    metadata.set(key, copy);
  } else if (random.below(4) === 0) metadata.delete(key);
  else metadata.set(key, random.pick(odd));
}

/** In the manner of the published ones: loops, conditions, filters, macros, a namespace. */
const PUBLISHED = `{%- set ns = namespace(found=false) -%}
{%- macro line(role, text) -%}<|{{ role }}|>{{ text | trim }}{%- endmacro -%}
{%- for message in messages -%}
{%- if loop.first and message.role != 'system' -%}{{ '<|system|>' + 'You are helpful.' }}{%- endif -%}
{%- if message['content'] is string and message.content | length > 0 -%}{%- set ns.found = true -%}{{ line(message.role, message.content) }}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt and ns.found -%}{{ '<|assistant|>' ~ messages | length }}{%- endif -%}`;

const EXPRESSIONS = [
  "messages", "message", "message.content", "messages[0]['content']", "messages[-1]", "range(9)", "range(99999)", "'ab' * 3", "1 / 0",
  "x + x", "x ~ x", "[x, x]", "{'a': x}", "x | length", "x | tojson", "x | join(',')", "x | replace('a', 'bb')", "x.__proto__",
  "x.constructor", "x['__proto__']", "raise_exception('no')", "strftime_now('%Y')", "bos_token", "none", "x is defined", "x[1:]", "-x",
  "not x", "x in x", "2 ** 999", "x | upper", "x.split('')", "x | selectattr('a') | list", "undefined_thing.a", "loop.index", "x()",
]; // prettier-ignore

/** A program of a few statements, some of which grow what they are given. */
function randomTemplate(random: Random, depth: number): string {
  const statement = (): string => {
    const [one, other] = [random.pick(EXPRESSIONS), random.pick(EXPRESSIONS)];
    switch (random.below(depth > 3 ? 3 : 7)) {
      case 0:
        return `{{ ${one} }}`;
      case 1:
        return `{% set x = ${one} %}`;
      case 2:
        return random.pick(["text", "{# c #}", "{%- break %}", "{{", "%}", "{% endfor %}"]);
      case 3:
        return `{% for x in ${one} %}${randomTemplate(random, depth + 1)}{% endfor %}`;
      case 4:
        return `{% if ${one} == ${other} %}${randomTemplate(random, depth + 1)}{% else %}b{% endif %}`;
      case 5:
        return `{% macro m(x) %}${randomTemplate(random, depth + 1)}{% endmacro %}{{ m(${one}) }}`;
      default:
        return `{% for m in messages %}{{ m.role ~ ${one} }}{% endfor %}`;
    }
  };
  return `{% set x = 'ab' %}${Array.from({ length: 1 + random.below(4) }, statement).join("")}`;
}

/** Pieces of a template in another order, twice, or gone; or its bytes damaged. */
function mutateTemplate(template: string, random: Random): string {
  if (random.below(4) === 0) {
    const bytes = new TextEncoder().encode(template);
    return new TextDecoder().decode(mutateBytes(bytes, bytes.length, random));
  }
  const pieces = template.split(/(\{[{%][\s\S]*?[}%]\})/);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const [a, b] = [random.below(pieces.length), random.below(pieces.length)];
    const kind = random.below(4);
    if (kind === 0) pieces.splice(a, 1);
    else if (kind === 1) pieces.splice(a, 0, pieces[b] ?? "");
    else if (kind === 2) [pieces[a], pieces[b]] = [pieces[b] ?? "", pieces[a] ?? ""];
    else pieces[a] = `{{ ${random.pick(EXPRESSIONS)} }}`;
  }
  return pieces.join("");
}
