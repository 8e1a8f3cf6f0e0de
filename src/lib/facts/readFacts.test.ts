import { describe, expect, test } from "vitest";
import { legacyRandom } from "../random/legacyRandom";
import { parseCsv } from "./parseCsv";
import { readFacts } from "./readFacts";

describe("comma separated values", () => {
  test.each([
    ["a,b\n1,2", [["a", "b"], ["1", "2"]]],
    ['\ufeffa,b\r\n"x, ""y""\nz",\r\n\r\n', [["a", "b"], ['x, "y"\nz', ""]]],
    ["a\rb", [["a"], ["b"]]],
    ["a,", [["a", ""]]],
    [",b", [["", "b"]]],
    ['"a"b,c', [["ab", "c"]]],
    ["", []],
  ])("%j", (text, rows) => expect(parseCsv(text, "f.csv")).toEqual(rows)); // prettier-ignore

  test("a quote that stays open is refused with its line", () =>
    expect(() => parseCsv('a\n"b', "f.csv")).toThrow(/f\.csv opens a quote on line 2/));
});

describe("comma separated values of any text", () => {
  const random = legacyRandom(11);
  const anyText = (length: number): string =>
    Array.from({ length }, () => 'a,"\n\r ='[Math.floor(random.uniform() * 7)]!).join("");

  test("come back as they were written", () => {
    for (let round = 0; round < 300; round++) {
      const rows = Array.from({ length: 3 }, () => Array.from({ length: 2 }, () => anyText(5)));
      const text = rows
        .map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(","))
        .join("\r\n");
      expect(parseCsv(text, "f.csv")).toEqual(rows);
    }
  });

  test("end, with rows or with a refusal", () => {
    for (let round = 0; round < 1000; round++) {
      try {
        for (const row of parseCsv(anyText(12), "f.csv")) expect(row.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({ code: "bad-request" });
      }
    }
  });
});

describe("facts", () => {
  const france = { prompt: "The capital of {} is", subject: "France", target: "Paris" };

  test.each([
    ["CounterFact", JSON.stringify([{ requested_rewrite: { prompt: france.prompt, subject: "France", target_true: { str: "Paris", id: "Q90" } } }])],
    ["known_1000", JSON.stringify([{ prompt: france.prompt, subject: "France", attribute: "Paris" }])],
    ["the models' own", JSON.stringify({ relations: { capital: { templates: [france.prompt, "x"] } }, facts: [{ subject: "France", relation: "capital", target: "Paris" }] })],
    ["a list by name", JSON.stringify({ facts: [{ ...france, relation: "capital" }] })],
    ["CSV", 'relation,Subject,prompt,target\ncapital,France,"The capital of {} is",Paris\n'],
  ])("in the form of %s", (_form, text) => expect(readFacts(text, "f")).toEqual([france])); // prettier-ignore

  test("without an answer, and without the subject in the prompt: that is for the analysis to name", () =>
    expect(readFacts("prompt,subject\nIt is in,France", "f")).toEqual([
      { prompt: "It is in", subject: "France" },
    ]));

  test.each([
    ["[1]", /fact 1 is not an object/],
    ['[{"subject": "x"}]', /fact 1 has no text in “prompt”/],
    ["[", /not JSON/],
    ["[]", /holds no fact/],
    ["subject,p\nx,y", /no column “prompt”/],
    ["", /no column “prompt”/],
  ])("%j is refused", (text, message) => expect(() => readFacts(text, "f")).toThrow(message));
});
