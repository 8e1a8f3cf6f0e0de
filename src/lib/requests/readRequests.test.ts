import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readRequests } from "./readRequests";

const base = { prompt: "The {} is in", subject: "Louvre", target_new: "Rome" };
const read = (value: unknown) => readRequests(JSON.stringify(value), "r.json");

describe("request files", () => {
  test("of the fixtures are read whole", () => {
    const path = new URL("../../../tests/fixtures/editing/requests.json", import.meta.url);
    const { requests } = JSON.parse(readFileSync(path, "utf8")) as { requests: unknown[] };
    const found = read(requests);
    expect(found).toHaveLength(186);
    expect(found[0]).toMatchObject({ subject: "Tunisia", targetTrue: "Tunis", targetNew: "Ulaanbaatar" });
    expect(found[0]!.neighbours[0]).toEqual({
      prompt: "The main city and capital of Uruguay is",
      subject: "Uruguay",
      target: "Montevideo",
    });
  });

  test("of CounterFact are read with their nested rewrite and shared true target", () => {
    const rewrite = {
      ...base,
      target_new: { str: "Rome", id: "Q220" },
      target_true: { str: "Paris", id: "Q90" },
    };
    const [request] = read([
      { case_id: 1, requested_rewrite: rewrite, neighborhood_prompts: ["The Orsay is in"] },
    ]);
    expect(request).toMatchObject({
      targetNew: "Rome",
      neighbours: [{ prompt: "The Orsay is in", target: "Paris" }],
    });
  });

  test("with the subject written out get the placeholder", () => {
    expect(read({ ...base, prompt: "The Louvre is in" })[0]!.prompt).toBe("The {} is in");
  });

  test.each([
    [{ ...base, targt_true: "x" }, "bad-request", /targt_true/],
    [{ ...base, prompt: "nobody is in" }, "bad-request", /exactly one \{\}/],
    [{ ...base, prompt: "{} and {}" }, "bad-request", /exactly one \{\}/],
    [{ ...base, subject: 3 }, "bad-request", /subject/],
    [{ ...base, target_new: " " }, "bad-request", /target_new/],
    [{ ...base, paraphrase_prompts: [1] }, "bad-request", /paraphrase_prompts/],
    [[], "bad-request", /no request/],
    [7, "bad-request", /neither/],
  ])("%j is refused", (value, code, message) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
    );
  });

  test("of UnKEBench and EditEverything ask the question as it is", () => {
    const record = {
      id: 3,
      question: "Who was he? ",
      para_question: "Who?",
      answer: "A long story.",
      sub_question: [],
    };
    expect(read([record])).toEqual([
      {
        prompt: "{}",
        subject: "Who was he?",
        targetNew: "A long story.",
        paraphrases: ["Who?"],
        neighbours: [],
      },
    ]);
    expect(() => read([{ ...record, anser: "x" }])).toThrow(/anser/);
  });

  test("that are not JSON are refused as such", () => {
    expect(() => readRequests("{", "r.json")).toThrow(expect.objectContaining({ code: "bad-json" }));
  });
});
