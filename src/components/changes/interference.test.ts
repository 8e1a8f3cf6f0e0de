/** Ranking and words of the predicted reach. */
import { expect, test } from "vitest";
import { furthestReach, ranked, signed } from "./interference";

const of = (subject: string, share: number) => ({ prompt: `${subject} is`, subject, share });
const FOUND = [of("Peru", 0.1), of("Chile", -0.4), of("Cuba", NaN), of("Mali", 0.266)];

test("the strongest comes first, whichever way it points", () => {
  expect(ranked(FOUND).map(({ subject }) => subject)).toEqual(["Chile", "Mali", "Peru"]);
});

test("values carry their sign", () => {
  expect([0.266, -0.4, 0].map(signed)).toEqual(["+0.27", "−0.40", "+0.00"]);
});

test("the sentence is about the longest bar", () => {
  expect(furthestReach(FOUND, "Norway")).toEqual({
    other: "Chile",
    own: "Norway",
    percent: "40\u00a0%",
    isAway: true,
  });
  expect(furthestReach([], "Norway")).toBeUndefined();
  expect(furthestReach([of("Cuba", NaN)], "Norway")).toBeUndefined();
});
