/** What is wrong with a list of facts is named, and nothing is hidden. */
import { beforeAll, describe, expect, test } from "vitest";
import { loadFixtureTokenizer } from "./testing/fixtureTokenizer";
import { locateFacts, templateOf } from "./locateFacts";

describe("a prompt's template", () => {
  test.each([
    ["The capital of {} is", "France", { prompt: "The capital of {} is" }],
    ["The capital of France is", "France", { prompt: "The capital of {} is" }],
    ["The capital of France is", "Spain", { fault: "subject-not-in-prompt" }],
    ["France, France", "France", { fault: "subject-ambiguous" }],
    ["{} and {}", "France", { fault: "subject-ambiguous" }],
    ["The {} is", " ", { fault: "subject-empty" }],
  ])("%j with %j", (prompt, subject, expected) => expect(templateOf({ prompt, subject })).toEqual(expected));
});

describe("a list", () => {
  let tokenizer: Awaited<ReturnType<typeof loadFixtureTokenizer>>;
  beforeAll(async () => {
    tokenizer = await loadFixtureTokenizer("tiny-facts2-gpt2");
  });
  const model = (contextLength: number) => ({ tokenizer, config: { contextLength } }) as never;

  test("names facts without a key and facts that share one", () => {
    const facts = [
      { prompt: "{} is located in", subject: "France" },
      { prompt: "The capital of {} is", subject: "France" },
      { prompt: "{} belongs to", subject: "France" },
      { prompt: "It is located in", subject: "Spain" },
      { prompt: "The capital of France is", subject: "France" },
    ];
    const located = locateFacts(model(96), facts);
    expect(located.kept).toEqual([0, 1, 2, 4]);
    expect(located.skipped).toMatchObject([{ index: 3, reason: "subject-not-in-prompt", subject: "Spain" }]);
    expect(located.sameKeys).toEqual([
      { index: 2, of: 0, kind: "same-beginning" },
      { index: 4, of: 1, kind: "duplicate" },
    ]);
  });

  test("leaves out a subject beyond the context, not a long prompt behind it", () => {
    const long = "very ".repeat(40);
    const facts = [
      { prompt: `${long}{} is`, subject: "France" },
      { prompt: `{} is ${long}`, subject: "France" },
    ];
    const { kept, skipped } = locateFacts(model(20), facts);
    expect(kept).toEqual([1]);
    expect(skipped).toMatchObject([{ index: 0, reason: "prompt-too-long" }]);
  });
});
