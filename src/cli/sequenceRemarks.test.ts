import { expect, test } from "vitest";
import { sequenceRemarks } from "./sequenceRemarks";

const request = (subject: string, targetNew: string) => ({
  ...{ prompt: "The capital of {} is", subject, targetNew, paraphrases: [], neighbours: [] },
});
const fact = (subject: string, prompt = "The capital of {} is") => ({ prompt, subject, target: "x" });

test("a sequence of different requests and facts that stay has none", () => {
  const requests = [request("Peru", "Oslo"), request("Mali", "Rome")];
  expect(sequenceRemarks(requests, [fact("Chad"), fact("Chad", "The language of {} is")])).toEqual([]);
  expect(sequenceRemarks(requests, [])).toEqual([]);
});

test("what writes over, what is touched after all and what counts twice is named", () => {
  const requests = [request("Peru", "Oslo"), request("Mali", "Rome"), request("Peru", "Paris")];
  const untouched = [
    fact("Chad"),
    fact("Mali", "{} lies in"),
    fact("Chad"),
    fact("Chad", "The capital of Chad is"),
  ];
  expect(sequenceRemarks(requests, untouched)).toEqual([
    "1 request is at the prompt of an earlier one, of which only the last can hold (request 3, “Peru”).",
    "1 untouched fact is about the subject of a request (untouched fact 2, “Mali”).",
    "2 untouched facts are in the list before and counted again (untouched fact 3, “Chad”, first).",
  ]);
});
