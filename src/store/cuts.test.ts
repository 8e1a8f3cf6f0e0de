import { expect, test } from "vitest";
import { addCut, chunkOfTokens, cutsOf, halveAfter, moveCut, removeCut } from "./cuts";

test("a cut of windows with overlap has its borders where new tokens begin", () => {
  const chunks = [
    { start: 0, end: 8, overlap: 0 },
    { start: 6, end: 14, overlap: 2 },
  ];
  expect(cutsOf(chunks)).toEqual([8]);
  expect(chunkOfTokens([2, 3], 5)).toEqual([0, 0, 1, 2, 2]);
});

test("a border stops one token before its neighbours and before the ends", () => {
  expect(moveCut([3, 6], 0, 9, 10)).toEqual([5, 6]);
  expect(moveCut([3, 6], 0, -4, 10)).toEqual([1, 6]);
  expect(moveCut([3, 6], 1, 40, 10)).toEqual([3, 9]);
});

test("borders are added in order, once, and inside only", () => {
  expect(addCut([6], 3, 10)).toEqual([3, 6]);
  expect(addCut([3], 3, 10)).toEqual([3]);
  expect(addCut([3], 0, 10)).toEqual([3]);
  expect(addCut([3], 10, 10)).toEqual([3]);
  expect(removeCut([3, 6], 0)).toEqual([6]);
});

test("a chunk is halved, and one of a single token stays whole", () => {
  expect(halveAfter([4], 0, 10)).toEqual([4, 7]);
  expect(halveAfter([4], -1, 10)).toEqual([2, 4]);
  expect(halveAfter([9], 0, 10)).toEqual([9]);
});
