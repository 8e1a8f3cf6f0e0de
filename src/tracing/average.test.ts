/** Roles of tokens, intervals, and files of facts that must be refused. */
import { describe, expect, test } from "vitest";
import { averageOf, TOKEN_ROLES, tokensOfRoles, TraceAverager } from "./average";
import { readTracedFacts } from "./tracedFacts";

describe("roles", () => {
  test.each([
    ["a long subject in the middle", { start: 2, end: 6 }, 10, [[2], [3, 4], [5], [6], [7, 8], [9]]],
    ["one token is first and last", { start: 0, end: 1 }, 4, [[0], [], [0], [1], [2], [3]]],
    ["one token after is first after and last", { start: 1, end: 3 }, 4, [[1], [], [2], [3], [], [3]]],
    ["the subject ends the prompt", { start: 1, end: 3 }, 3, [[1], [], [2], [], [], [2]]],
  ])("%s", (_, subject, count, expected) => {
    const roles = tokensOfRoles(subject, count);
    expect(TOKEN_ROLES.map((role) => roles[role])).toEqual(expected);
  });
});

test("an average has the textbook's interval", () => {
  // s² of 1, 2, 3, 6 is 14/3.
  const { mean, interval, count } = averageOf([1, 2, 3, 6]);
  expect(mean).toBe(3);
  expect(count).toBe(4);
  expect(interval).toBeCloseTo((1.96 * Math.sqrt(14 / 3)) / 2, 12);
});

test("each observation counts against its own prompt's corrupted run, and a role nobody has stays empty", () => {
  const averager = new TraceAverager(1);
  averager.add({ scores: [[0.5], [0.6]], subject: { start: 0, end: 1, text: "" }, corrupted: 0.1 });
  averager.add({
    scores: [[0.3], [0.2], [0.4], [0.9]],
    subject: { start: 0, end: 3, text: "" },
    corrupted: 0.2,
  });
  const [first, middle, last, after, further, end] = averager.cells();
  expect(first![0]!.effect.mean).toBeCloseTo((0.4 + 0.1) / 2);
  expect(first![0]!.score).toBeCloseTo(0.4);
  expect(middle![0]!.effect).toMatchObject({ mean: 0, count: 1 });
  expect(last![0]!.effect.mean).toBeCloseTo((0.4 + 0.2) / 2);
  expect(after).toEqual(end);
  expect(end![0]!.effect).toMatchObject({ mean: expect.closeTo(0.6) as number, count: 2 });
  expect(further).toEqual([]);
});

describe("a file of facts", () => {
  test("in the forms of known_1000 and of CounterFact", () => {
    const records = [
      { known_id: 1, prompt: "Space Needle is in", subject: "Space Needle", attribute: "Seattle" },
      {
        requested_rewrite: {
          prompt: "If not {}, then",
          subject: "not",
          target_true: { str: "so", id: "Q1" },
        },
      },
      { prompt: "a b", subject: "b" },
    ];
    expect(readTracedFacts(JSON.stringify(records), "f")).toEqual([
      { prompt: "Space Needle is in", subject: "Space Needle", answer: "Seattle" },
      { prompt: "If not not, then", subject: { start: 7, end: 10 }, answer: "so" },
      { prompt: "a b", subject: "b" },
    ]);
  });
  test.each([
    ["{", /not JSON/],
    ["{}", /no list/],
    ["[]", /no list/],
    ["[1]", /fact 1 is not an object/],
    ['[{"prompt":"x","subject":"x"},{"prompt":"","subject":"x"}]', /fact 2 has no text in “prompt”/],
    ['[{"prompt":"x {} {}","subject":"x"}]', /more than one/],
    ['[{"prompt":"x","subject":"x","attribute":{"str":7}}]', /no text in “attribute”/],
    ['[{"prompt":"x","subject":["x"]}]', /no text in “subject”/],
  ])("%s is refused", (text, sentence) => {
    expect(() => readTracedFacts(text, "f")).toThrow(sentence);
  });
});
