/** What comes back from storage and addresses is what was put there, or nothing. */
import { describe, expect, test } from "vitest";
import { fromLink, recollect, remember, toLink } from "./memory";

const PAGE = {
  prompt: "The capital of Peru & Chile is",
  subject: { start: 15, end: 19 },
  target: "Oslo #1",
  seed: 7,
};

const storageWith = (value: string | null) => ({ getItem: () => value });

describe("storage", () => {
  test("gives back what it was given", () => {
    const kept = new Map<string, string>();
    remember({ setItem: (key, value) => void kept.set(key, value) }, PAGE);
    expect(recollect({ getItem: (key) => kept.get(key) ?? null })).toEqual(PAGE);
  });
  test.each([
    null,
    "",
    "{",
    "[]",
    "null",
    '{"prompt":3}',
    '{"prompt":""}',
    JSON.stringify({ prompt: "x".repeat(5000) }),
  ])("refuses %j", (value) => expect(recollect(storageWith(value))).toBeUndefined());
  test("drops a subject outside the prompt and a seed that is none", () => {
    const value = JSON.stringify({ prompt: "short", start: 2, end: 99, seed: -1, target: 5 });
    expect(recollect(storageWith(value))).toEqual({
      prompt: "short",
      subject: undefined,
      target: "",
      seed: 1,
    });
  });
  test("a full disk is no trouble", () => {
    const setItem = (): never => {
      throw new DOMException("full", "QuotaExceededError");
    };
    expect(() => remember({ setItem }, PAGE)).not.toThrow();
  });
});

describe("permalink", () => {
  test("comes back as it was", () => {
    expect(fromLink(toLink({ ...PAGE, model: "embedded:x" }))).toEqual({ ...PAGE, model: "embedded:x" });
  });
  test.each(["", "#", "#start=1&end=2", "#prompt=&start=1"])("refuses %j", (hash) => {
    expect(fromLink(hash)).toBeUndefined();
  });
});
