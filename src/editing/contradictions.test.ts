/** Two answers to one question are named; two questions, or one answer twice, are not. */
import { expect, test } from "vitest";
import type { EditRequest } from "../domain/edit";
import { contradictions } from "./contradictions";

const request = (subject: string, targetNew: string): EditRequest => ({ prompt: "The capital of {} is", subject, targetNew, paraphrases: [], neighbours: [] }); // prettier-ignore

test("one question with two answers is named with both", () => {
  const [sentence, ...rest] = contradictions([
    request("Spain", "Rome"),
    request("Peru", "Oslo"),
    request("Spain", " Oslo"),
  ]);
  expect(sentence).toBe(
    "“The capital of Spain is” is to be answered both “Rome” and “Oslo”: one of them can hold at most.",
  );
  expect(rest).toEqual([]);
});

test("what agrees is passed over, and many are counted", () => {
  expect(
    contradictions([request("Spain", "Rome"), request("Spain", " Rome"), request("Peru", "Rome")]),
  ).toEqual([]);
  const many = Array.from({ length: 9 }, (_, k) => request("Spain", `City ${k}`));
  expect(contradictions(many)).toHaveLength(6);
});
