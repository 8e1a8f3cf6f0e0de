/** The median by selection against the sorted list's. */
import { expect, test } from "vitest";
import { median } from "./median";

function bySorting(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

const LISTS: Record<string, (at: number) => number> = {
  ascending: (at) => at,
  descending: (at) => -at,
  equal: () => 0.25,
  "two values": (at) => at % 2,
  spread: (at) => Math.sin(at * at) * 10 ** (at % 7),
};

test.each(Object.entries(LISTS))("%s", (_, value) => {
  for (const length of [1, 2, 3, 4, 5, 10, 101, 2000]) {
    const values = Float64Array.from({ length }, (_, at) => value(at));
    const before = Float64Array.from(values);
    const truth = length % 2 === 1 ? values.toSorted()[(length - 1) / 2]! : bySorting(values);
    expect(median(values)).toBe(truth);
    expect(values).toEqual(before);
  }
});

test("none", () => expect(median(new Float64Array(0))).toBeNaN());
