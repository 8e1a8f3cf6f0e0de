/** A template and a splitting pattern that really never end, both past every other check, stopped in the terminal. */
import { resolve } from "node:path";
import { Template } from "@huggingface/jinja";
import { describe, expect, test } from "vitest";
import { AppError } from "../lib/errors";
import { openCheckpoint } from "../loading/checkpoint";
import { nodeModelFiles } from "../loading/nodeModelFiles";
import { chatPrompt } from "../model/chat";
import { createTokenizer, type Tokenizer } from "../model/tokenizer/tokenizer";
import { nodeWatch } from "./nodeWatch";
import { watchedTokenizer } from "./watchedTokenizer";

const FOLDER = resolve(import.meta.dirname, "../../tests/fixtures/models/llama");
const BOUND = 300;
const { tokenizer: files } = await openCheckpoint(await nodeModelFiles(FOLDER));

function withPattern(pattern: string): Tokenizer {
  const step = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
  return createTokenizer({ ...files, tokenizer: { ...(files.tokenizer as object), pre_tokenizer: step } });
}

function failure(body: () => unknown): AppError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error("It ended by itself.");
}

describe("the terminal's watch", () => {
  test("stops a pattern that takes years, though the static check lets it pass", () => {
    // Three repeats in a row are allowed, and so is a start at every character: n⁴ / 24 steps.
    const tokenizer = watchedTokenizer(withPattern("a*a*a*b"), "evil.gguf", nodeWatch(BOUND));
    expect(tokenizer.encode("aab").ids.length).toBeGreaterThan(0);
    const started = performance.now();
    const error = failure(() => tokenizer.encode("a".repeat(200_000)));
    expect(performance.now() - started).toBeLessThan(20 * BOUND);
    expect(error).toMatchObject({ code: "too-slow" });
    expect(error.message).toMatch(/evil\.gguf: the tokenizer \(tokenizer\.json\)/);
    expect(error.remedy).not.toBe("");
    expect(tokenizer.encode("aab").ids.length).toBeGreaterThan(0);
  });

  test("stops an exponential pattern", () => {
    // The static check refuses these at load; a pattern straight from JavaScript shows that the watch needs no check.
    const watch = nodeWatch(BOUND);
    const step = { kind: "tokenizer", model: "x" } as const;
    const error = failure(() => watch(step, () => /^(a+)+$/.test(`${"a".repeat(60)}b`)));
    expect(error).toMatchObject({ code: "too-slow" });
  });

  test("stops a template that never ends", () => {
    // The lab gives templates a budget (model/chatTemplate.ts); the bare library shows what is behind it.
    const chatTemplate =
      "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{{ 'x' if a == b == c }}" +
      "{% endfor %}{% endfor %}{% endfor %}";
    const step = { kind: "template", model: "evil" } as const;
    const error = failure(() => nodeWatch(BOUND)(step, () => new Template(chatTemplate).render({})));
    expect(error).toMatchObject({ code: "too-slow", remedy: "Generate without the chat template." });
  });

  test("watches the chat template wherever a prompt is made of it", () => {
    const endless = (): never => {
      for (;;) performance.now();
    };
    const base = { ...createTokenizer(files), chatTemplate: "{{ 1 }}", applyChatTemplate: endless };
    const tokenizer = watchedTokenizer(base, "evil", nodeWatch(BOUND));
    const error = failure(() => chatPrompt(tokenizer, "Hello"));
    expect(error).toMatchObject({ code: "too-slow", details: { step: "template" } });
  });

  test("passes results and errors on, also of steps inside steps", () => {
    const watch = nodeWatch(BOUND);
    const step = { kind: "template", model: "x" } as const;
    expect(watch(step, () => watch(step, () => 6) * 7)).toBe(42);
    const error = new AppError("bad-request", "no");
    expect(failure(() => watch(step, () => void watch(step, () => { throw error; })))).toBe(error); // prettier-ignore
  });
});
