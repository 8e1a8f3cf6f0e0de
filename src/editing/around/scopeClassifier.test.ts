import { expect, test } from "vitest";
import { inScope, names, trainScope, type ScopePair } from "./scopeClassifier";

const pairs: ScopePair[] = [
  { likeness: 0.9, named: true, belongs: true },
  { likeness: 0.6, named: true, belongs: true },
  { likeness: 0.95, named: false, belongs: false },
  { likeness: 0.1, named: true, belongs: false },
  { likeness: -0.1, named: true, belongs: false },
];

test("learns that both count, the same from the same pairs", () => {
  const weights = trainScope(pairs);
  expect(trainScope(pairs)).toEqual(weights);
  for (const pair of pairs) expect(inScope(weights, pair) >= 0.5).toBe(pair.belongs);
  expect(weights.likeness).toBeGreaterThan(0);
  expect(weights.named).toBeGreaterThan(0);
});

test("without pairs nothing is known, and pairs of one kind leave finite numbers", () => {
  expect(trainScope([])).toEqual({ bias: 0, likeness: 0, named: 0 });
  const weights = trainScope(pairs.filter(({ belongs }) => belongs));
  expect(Object.values(weights).every(Number.isFinite)).toBe(true);
});

test("a subject is named by its words, whatever their case", () => {
  expect(names("In france, people speak", "France")).toBe(true);
  expect(names("The capital of Spain is", "France")).toBe(false);
  expect(names("anything", " ")).toBe(false);
});
