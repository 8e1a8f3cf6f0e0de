/** Every benchmark's record form: tiny samples of ours, those of the field where they are, and what is none of them. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { BENCHMARKS, type BenchmarkName } from "../../domain/benchmark";
import { placeSubject } from "./placeSubject";
import { readBenchmark, recogniseRequests } from "./readBenchmark";

const ROOT = resolve(import.meta.dirname, "../../..");
const sample = (name: BenchmarkName): string =>
  readFileSync(resolve(ROOT, `tests/fixtures/benchmarks/${name}.json`), "utf8");
const DATA = resolve(ROOT, "../shared/data");
const THEIRS: readonly [string, BenchmarkName, number][] = [
  ["counterfact-known.sample.json", "counterfact", 120],
  ["unkebench.sample.json", "unke", 60],
  ["editeverything.sample.json", "editeverything", 40],
  ["mquake-cf.sample.json", "akew", 60],
];

describe("records", () => {
  test.each(BENCHMARKS)(
    "of %s are recognised, and read into cases with one place for the subject",
    (name) => {
      const cases = readBenchmark(sample(name), name, name);
      const { form, requests } = recogniseRequests(sample(name), name);
      expect(form).toBe(name);
      expect(requests).toEqual(cases.map(({ request }) => request));
      for (const { request } of cases) expect(request.prompt.split("{}")).toHaveLength(2);
      expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    },
  );

  test.runIf(existsSync(DATA)).each(THEIRS)("of the field: %s", (file, name, count) => {
    const path = resolve(DATA, file);
    const cases = readBenchmark(readFileSync(path, "utf8"), file, name);
    expect(cases.length).toBeGreaterThanOrEqual(count);
    for (const { request } of cases) expect(request.targetNew.length).toBeGreaterThan(0);
  });

  test("of CounterFact bring beginnings and neighbours with the shared true answer", () => {
    const [first] = readBenchmark(sample("counterfact"), "c", "counterfact");
    expect(first).toMatchObject({
      id: "10",
      request: { subject: "Tunisia", targetNew: "Ulaanbaatar", targetTrue: "Tunis" },
      generate: ["Tunisia is located in"],
    });
    expect(first!.request.neighbours[0]!.target).toBe("Tunis");
  });

  test("of zsRE teach the true answer, and end the other question with its mark", () => {
    const [first, second] = readBenchmark(sample("zsre"), "z", "zsre");
    expect(first!.request).toMatchObject({ prompt: "The capital of {} is", targetNew: "Berlin" });
    expect(first!.locality[0]!.questions[0]!.prompt).toBe("nq question: the capital of Portugal is?");
    expect(second!.portability[0]!.questions[0]!.answer).toBe("South America");
  });

  test("of KnowEdit: first aliases, questions without a truth left out, passages, one case per forgotten answer", () => {
    const cases = readBenchmark(sample("knowedit"), "k", "knowedit");
    expect(cases).toHaveLength(5);
    expect(cases[0]!.portability.map(({ kind }) => kind)).toEqual(["Reasoning", "Subject_Aliasing"]);
    expect(cases[0]!.locality[0]!.questions).toEqual([
      { prompt: "Lebanon is located in the continent of", answer: "Asia" },
    ]);
    expect(cases[2]!.request.prompt).toMatch(/^This is a passage about the explorer Ada Varn\. \{\} came/);
    expect(cases[4]).toMatchObject({ id: "3.1", request: { targetNew: "I don't know." } });
    expect(() => readBenchmark('[{"ent":"x","pos":["a"],"neg":["b"]}]', "s", "knowedit")).toThrow(/ConvSent/);
  });

  test("of AKEW: the whole paragraph is the answer; chains only where nothing else is edited", () => {
    const [plain, chained] = readBenchmark(sample("akew"), "a", "akew");
    expect(plain!.request).toMatchObject({ prompt: "{}", subject: "The capital of Portugal is" });
    expect(plain!.request.paraphrases).toHaveLength(1);
    expect(plain!.portability[0]!.questions[0]).toEqual({
      prompt: "The capital of Portugal is",
      answer: "Berlin",
    });
    expect(chained!.portability).toEqual([
      {
        kind: "Hops",
        questions: [{ prompt: "In which continent lies the capital of Chile?", answer: "Africa" }],
      },
    ]);
  });
});

describe("requests", () => {
  test.each([
    ["a table", "prompt,subject,target\nThe capital of {} is,Chile,Rome\n"],
    ["a table with tabs", "Subject\tPrompt\tTarget_new\nChile\tThe capital of Chile is\tRome\n"],
    ["JSON lines", '{"prompt":"The capital of {} is","subject":"Chile","target_new":"Rome"}\n{"prompt":"The capital of {} is","subject":"Chile","target_new":"Rome"}\n'],
    ["an object", '{"requests":[{"prompt":"The capital of {} is","subject":"Chile","target_new":"Rome"}]}'],
  ])("in %s", (_form, text) => {
    const { form, requests } = recogniseRequests(text, "pasted");
    expect(form).toBe("requests");
    expect(requests[0]).toMatchObject({ prompt: "The capital of {} is", subject: "Chile", targetNew: "Rome" });
  }); // prettier-ignore

  test("with long answers, in a table", () => {
    const { form, requests } = recogniseRequests('question,answer\nWho?,"A, long one."\n', "t.csv");
    expect(form).toBe("editeverything");
    expect(requests).toMatchObject([{ prompt: "{}", subject: "Who?", targetNew: "A, long one." }]);
  });

  test.each([
    ["", /no column/],
    ["a,b\n1,2", /no column/],
    ["[]", /holds no record/],
    ["[1]", /is not an object/],
    ['{"a"', /not JSON/],
    ['[{"question":"x","answer":""}]', /answer/],
    ['[{"src":"x is","answers":[],"subject":"x"}]', /answers/],
    ['[{"src":"x is","answers":["y"],"subject":"x","extra":1}]', /extra/],
    ['[{"prompt":"x is","subject":"x","target_new":"y","locality":{"a":3}}]', /locality\.a/],
    ['[{"requested_rewrite":[{"fact_new_uns":"x"}]}]', /question/],
    ['[{"question":"x","answer":"y","sub_question":["z"]}]', /1 sub-questions and 0 answers/],
    ["prompt,subject,target\nThe capital of {} is,,x", /subject/],
  ])("%j are refused", (text, message) => expect(() => recogniseRequests(text, "f")).toThrow(message));

  test("of another benchmark than was named are refused with the right name", () =>
    expect(() => readBenchmark(sample("zsre"), "f", "counterfact")).toThrow(
      expect.objectContaining({ code: "bad-request", remedy: "Try --benchmark zsre." }),
    ));
});

test.each([
  ["The {} is in", "Louvre", "The {} is in", "Louvre"],
  ["Rome, said of Rome, is", "Rome", "Rome, said of {}, is", "Rome"],
  ["Who is it? ", "nobody", "{}", "Who is it?"],
  ["{} and {}", "x", "{}", "{} and {}"],
])("“%s” about “%s”", (prompt, subject, placed, whom) =>
  expect(placeSubject(prompt, subject)).toEqual({ prompt: placed, subject: whom }),
);
