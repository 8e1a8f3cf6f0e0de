/** An edit of hundreds of facts has more factors than its matrix has numbers: its size is the same however it is found. */
import { expect, test } from "vitest";
import type { LowRankUpdate } from "../domain/edit";
import { norm } from "../linalg/norms";
import { denseChange, isAsLargeAsDense, updateNorm } from "./weightUpdates";

const factors = (rank: number): LowRankUpdate => {
  const [inWidth, out] = [24, 10];
  const wave = (length: number, step: number) =>
    Float32Array.from({ length }, (_, at) => Math.sin(step * at + rank));
  return {
    ...{ kind: "lowRank", weight: "blocks.0.mlpIn", in: inWidth, out, rank },
    ...{ u: wave(out * rank, 0.7), v: wave(inWidth * rank, 1.3) },
  };
};

test.each([1, 3, 7, 8, 40])("rank %i", (rank) => {
  const update = factors(rank);
  expect(isAsLargeAsDense(update)).toBe(rank > 7);
  expect(updateNorm(update)).toBeCloseTo(norm(denseChange(update)), 9);
});

test("more factors than the matrix has rows or columns", () => {
  const [rank, out, inWidth] = [1500, 64, 256];
  const update: LowRankUpdate = {
    ...{ kind: "lowRank", weight: "blocks.0.mlpIn", in: inWidth, out, rank },
    ...{ u: new Float32Array(out * rank).fill(1e-2), v: new Float32Array(inWidth * rank).fill(1e-2) },
  };
  expect(updateNorm(update)).toBeCloseTo(rank * 1e-4 * Math.sqrt(out * inWidth), 3);
});
