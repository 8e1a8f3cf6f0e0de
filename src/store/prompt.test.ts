/** Where a subject stands and what is warned of, on texts a user could type. */
import { describe, expect, test } from "vitest";
import type { Token } from "../domain/model";
import { guessSubject, occurrences, promptWarnings, spanOfTokens, tokensInSpan, toTemplate } from "./prompt";

const tokensOf = (text: string, cuts: readonly number[]): Token[] =>
  cuts.map((start, index) => {
    const end = cuts[index + 1] ?? text.length;
    return { id: index, text: text.slice(start, end), start, end };
  });

describe("occurrences", () => {
  test("finds whole words only", () => {
    expect(occurrences("Ann met Annabel and Ann", "Ann")).toEqual([
      { start: 0, end: 3 },
      { start: 20, end: 23 },
    ]);
  });
  test("knows letters of other scripts", () =>
    expect(occurrences("Łódź and Łódźka", "Łódź")).toHaveLength(1));
  test("finds nothing for blanks", () => expect(occurrences("a b", "  ")).toEqual([]));
});

describe("tokens and spans", () => {
  const text = "The United Kingdom is";
  const tokens = tokensOf(text, [0, 3, 10, 18]);
  test("a range of tokens, either way round, without its leading space", () => {
    expect(spanOfTokens(text, tokens, 2, 1)).toEqual({ start: 4, end: 18 });
  });
  test("a span's tokens", () =>
    expect(tokensInSpan(tokens, { start: 4, end: 18 })).toEqual({ first: 1, last: 2 }));
  test("a special token in front has no characters", () => {
    const withStart = [{ id: 9, text: "<s>", start: 0, end: 0 }, ...tokens];
    expect(tokensInSpan(withStart, { start: 0, end: 3 })).toEqual({ first: 1, last: 1 });
  });
  test("nothing outside", () => expect(spanOfTokens(text, tokens, 7, 9)).toBeUndefined());
});

test.each([
  ["The capital of United Kingdom is", "United Kingdom"],
  ["Windows Server 2012 was developed by", "Windows Server 2012"],
  ["In Peru, the language spoken is", "Peru"],
  ["the sky is", undefined],
])("the subject of “%s” is guessed as %s", (text, subject) => {
  const span = guessSubject(text);
  expect(span && text.slice(span.start, span.end)).toBe(subject);
});

describe("warnings", () => {
  const subject = { start: 0, end: 4 };
  test.each([
    ["", undefined, ["empty"]],
    ["Peru is in ", " America", ["trailing-space"]],
    ["Peru is in\n", " America", ["line-break"]],
    ["Peru is in", ".", ["answer-is-punctuation"]],
    ["Peru", " is", ["subject-at-end"]],
    ["Peru is in", " South", []],
  ])("%j answered by %j", (text, answer, expected) => {
    expect(promptWarnings(text, text === "" ? undefined : subject, answer)).toEqual(expected);
  });
  test("a missing subject", () => expect(promptWarnings("a b", undefined, " c")).toEqual(["no-subject"]));
});

test("a template has its subject's place", () => {
  expect(toTemplate("The capital of Peru is", { start: 15, end: 19 })).toBe("The capital of {} is");
});
