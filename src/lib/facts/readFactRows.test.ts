/** Rows that can be read are kept, the others named. */
import { describe, expect, test } from "vitest";
import { readFactRows } from "./readFactRows";

describe("plain lines", () => {
  test("have the subject in braces and may have an answer", () => {
    const { facts, faults } = readFactRows(
      "The capital of {France} is = Paris\n\n{Peru} is in\r\n",
      "pasted",
    );
    expect(facts).toEqual([
      { prompt: "The capital of {} is", subject: "France", target: "Paris" },
      { prompt: "{} is in", subject: "Peru" },
    ]);
    expect(faults).toEqual([]);
  });

  test("that are none are named by their number", () => {
    const { facts, faults } = readFactRows("{Peru} is in\nno subject\n{} is\n{a} and {b}", "pasted");
    expect(facts).toHaveLength(1);
    expect(faults.map(({ row }) => row)).toEqual([2, 3, 4]);
    expect(faults[0]!.message).toMatch(/no \{subject\}/u);
  });
});

test("JSON and CSV keep their good records", () => {
  const json = readFactRows('[{"prompt":"{} is","subject":"Peru"},{"prompt":3},null]', "x.json");
  expect(json.facts).toEqual([{ prompt: "{} is", subject: "Peru" }]);
  expect(json.faults.map(({ row }) => row)).toEqual([2, 3]);
  expect(json.faults[0]!.message).toBe("It has no text in “prompt”.");
  const csv = readFactRows("prompt,subject,target\n{} is,Peru,big\n", "x.csv");
  expect(csv.facts).toEqual([{ prompt: "{} is", subject: "Peru", target: "big" }]);
});

test("a text that is no list at all is refused as a whole", () => {
  expect(() => readFactRows('{"a": ', "x.json")).toThrow(/not JSON/u);
  expect(() => readFactRows("prompt,target\nx,y", "x.csv")).toThrow(/subject/u);
});
