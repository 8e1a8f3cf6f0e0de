import { describe, expect, test } from "vitest";
import { parseAssignments, parseOptions, type OptionTable } from "./arguments";

const TABLE: OptionTable = {
  prompt: { kind: "text", help: "", required: true },
  top: { kind: "number", help: "" },
  json: { kind: "flag", help: "" },
  kind: { kind: "text", help: "", choices: ["state", "mlp"] },
  text: { kind: "texts", help: "" },
};
const parse = (...words: string[]) => parseOptions(words, TABLE);

describe("options", () => {
  test("are read in both forms, and a list takes several words", () => {
    const options = parse("--prompt", "a = b", "--top=3", "--json", "--text", "x", "y", "--text", "z");
    expect(options.text("prompt")).toBe("a = b");
    expect(options.number("top")).toBe(3);
    expect(options.flag("json")).toBe(true);
    expect(options.texts("text")).toEqual(["x", "y", "z"]);
    expect(options.text("kind")).toBeUndefined();
  });

  test("may hold text that begins with a minus or is empty", () => {
    expect(parse("--prompt=--x").text("prompt")).toBe("--x");
    expect(parse("--prompt", "").text("prompt")).toBe("");
  });

  test.each([
    [["--prompt", "a", "--tpo", "3"], /--tpo/, /--top/],
    [["--prompt", "a", "--top", "many"], /number/, /./],
    [["--prompt", "a", "--kind", "x"], /one of/, /./],
    [["--prompt", "a", "--prompt", "b"], /twice/, /./],
    [["--top", "1"], /--prompt is missing/, /./],
    [["--prompt"], /needs a value/, /./],
    [["stray"], /stray/, /./],
    [["--prompt", "a", "--json=1"], /switch/, /./],
    [["--prompt", "a", "--toString", "1"], /toString/, /./],
  ])("%j are refused by name", (words, message, remedy) => {
    expect(() => parse(...words)).toThrow(
      expect.objectContaining({
        code: "usage",
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      }),
    );
  });
});

test("assignments read numbers, booleans and text", () => {
  expect(parseAssignments(["v_lr=0.5", "mom2_adjustment=False", "fact_token=subject_last", "a=b=c"])).toEqual(
    {
      v_lr: 0.5,
      mom2_adjustment: false,
      fact_token: "subject_last",
      a: "b=c",
    },
  );
  expect(() => parseAssignments(["nothing"])).toThrow(/name=value/);
});
