/** Where the subject is, in characters and in tokens. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../model/tokenizer/tokenizer";
import { findSubject, tokensOfSpan } from "./subject";

const readJson = (path: string): unknown => JSON.parse(readFileSync(`tests/fixtures/models/${path}`, "utf8"));
const open = (name: string) => createTokenizer({ tokenizer: readJson(`${name}/tokenizer.json`) });

describe("by text", () => {
  test("once", () => {
    expect(findSubject("The capital of France is", "France")).toEqual({ text: "France", start: 15, end: 21 });
  });

  test("not at all", () => {
    expect(() => findSubject("The capital of France is", "Spain")).toThrow(
      expect.objectContaining({ code: "subject-not-in-prompt" }),
    );
    expect(() => findSubject("The capital", "")).toThrow(
      expect.objectContaining({ code: "subject-not-in-prompt" }),
    );
  });

  test("several times: the error says where, overlapping ones too", () => {
    expect(() => findSubject("ana in banana", "ana")).toThrow(
      expect.objectContaining({
        code: "subject-ambiguous",
        details: expect.objectContaining({
          spans: [
            { text: "ana", start: 0, end: 3 },
            { text: "ana", start: 8, end: 11 },
            { text: "ana", start: 10, end: 13 },
          ],
        }) as unknown,
      }),
    );
  });
});

describe("by span", () => {
  test("one of several", () => {
    expect(findSubject("ana in banana", { start: 8, end: 11 })).toEqual({ text: "ana", start: 8, end: 11 });
  });

  test.each([
    { start: -1, end: 3 },
    { start: 3, end: 3 },
    { start: 2, end: 99 },
    { start: 0.5, end: 2 },
  ])("outside the prompt: $start–$end", (span) => {
    expect(() => findSubject("The capital", span)).toThrow(
      expect.objectContaining({ code: "subject-not-in-prompt" }),
    );
  });
});

describe("in tokens", () => {
  const rangeOf = (name: string, prompt: string, subject: string) => {
    const { tokens } = open(name).encode(prompt);
    const { start, end } = tokensOfSpan(tokens, findSubject(prompt, subject));
    return tokens.slice(start, end).map(({ text }) => text);
  };

  test("a token's leading space does not keep it out", () => {
    expect(rangeOf("tiny-facts2-gpt2", "The capital of Venezuela is", "Venezuela").join("")).toBe(
      " Venezuela",
    );
  });

  test("the special token in front is never the subject's", () => {
    const { tokens } = open("tiny-facts2-llama").encode("Venezuela is");
    expect(tokensOfSpan(tokens, { start: 0, end: 9 }).start).toBe(1);
  });

  test("every part of a split character counts", () => {
    const { tokens } = open("gpt2").encode("a 🙂 b");
    const range = tokensOfSpan(tokens, { start: 2, end: 4 });
    expect(range.end - range.start).toBeGreaterThan(1);
  });

  test("a subject that ends inside a token takes the whole token", () => {
    expect(rangeOf("gpt2", "The light", "T").join("")).toContain("T");
  });

  test("characters without a token", () => {
    expect(() => tokensOfSpan([], { start: 0, end: 1 })).toThrow(
      expect.objectContaining({ code: "subject-not-in-prompt" }),
    );
  });
});
