/** Where a fact's token is found, on the tokenizers of the fixtures' models. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { EditRequest } from "../domain/edit";
import { AppError } from "../lib/errors";
import { createTokenizer } from "../model/tokenizer/tokenizer";
import { answerIds, checkRequest, locateFactToken, type FactToken } from "./factToken";

const open = (name: string) => {
  const json = (file: string) =>
    JSON.parse(readFileSync(`tests/fixtures/models/${name}/${file}`, "utf8")) as unknown;
  return createTokenizer({ tokenizer: json("tokenizer.json"), config: json("tokenizer_config.json") });
};

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("%s", (name) => {
  const tokenizer = open(name);
  const locate = (
    context: string,
    prompt: string,
    subject: string,
    factToken: FactToken = "subject_last",
  ) => {
    const { ids, lookup } = locateFactToken(tokenizer, context, prompt, subject, factToken);
    return { token: tokenizer.tokenText(ids[lookup]!), lookup, length: ids.length };
  };

  test("the subject's last token, after a context or not, at the start or not", () => {
    expect("A380".endsWith(locate("{}", "The maker of {} is", "Airbus A380").token.trim())).toBe(true);
    const bare = locate("{}", "{} is made by", "Airbus A380");
    const after = locate("It is so. {}", "{} is made by", "Airbus A380");
    expect(after.token).toBe(bare.token);
    expect(after.lookup).toBeGreaterThan(bare.lookup);
  });

  test("the four choices stand in order", () => {
    const at = (factToken: FactToken) => locate("{}", "The maker of {} is", "Airbus A380", factToken).lookup;
    expect(at("subject_first")).toBeLessThan(at("subject_last"));
    expect(at("subject_first_after_last")).toBe(at("subject_last") + 1);
    expect(at("last")).toBe(locate("{}", "The maker of {} is", "Airbus A380").length - 1);
    const atEnd = locate("{}", "Tell me of {}", "France", "subject_first_after_last");
    expect(atEnd.lookup).toBe(atEnd.length - 1);
  });

  test("a subject that also stands earlier, and one with signs that replacing would read", () => {
    const twice = locate("France is. {}", "Paris and {} are", "France");
    expect(twice.lookup).toBeGreaterThan(locate("{}", "{} is", "France").lookup);
    const { text } = locateFactToken(tokenizer, "$& {}", "of {} is", "$1 $$", "subject_last");
    expect(text).toBe("$& of $1 $$ is");
  });

  test("characters of several bytes: the last token that holds a part of them", () => {
    const { ids, lookup } = locateFactToken(tokenizer, "{}", "Near {} is", "Łódź 東京", "subject_last");
    const before = tokenizer.encode("Near Łódź 東京").ids;
    expect(lookup).toBe(before.length - 1);
    expect(ids[lookup]).toBe(before.at(-1));
  });

  test("an answer has its leading space once and no special token", () => {
    expect(answerIds(tokenizer, "Toyota")).toEqual(answerIds(tokenizer, " Toyota"));
    expect(tokenizer.decode(answerIds(tokenizer, "Toyota"))).toBe(" Toyota");
  });
});

const REQUEST: EditRequest = {
  prompt: "{} is",
  subject: "France",
  targetNew: "Rome",
  paraphrases: [],
  neighbours: [],
};

test.each<[Partial<EditRequest>, string]>([
  [{ prompt: "no place" }, "prompt"],
  [{ prompt: "{} and {}" }, "prompt"],
  [{ prompt: "{} is " }, "prompt"],
  [{ subject: " " }, "subject"],
  [{ targetNew: "" }, "target"],
])("%o is refused by its field", (change, field) => {
  checkRequest(REQUEST);
  try {
    checkRequest({ ...REQUEST, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).details).toMatchObject({ field });
    return;
  }
  expect.unreachable("the request was accepted");
});
