import { expect, test } from "vitest";
import { legacyRandom } from "../../lib/random/legacyRandom";
import { runAtOnce } from "../../linalg/steps";
import { denseChange } from "../weightUpdates";
import { factorChange, largestUsefulRank } from "./factorChange";

const [OUT, IN] = [12, 20];
const random = legacyRandom(3);
const numbers = (count: number) => Float64Array.from({ length: count }, () => random.normal());

function ofRank(rank: number): Float64Array {
  const [u, v] = [numbers(OUT * rank), numbers(IN * rank)];
  return Float64Array.from({ length: OUT * IN }, (_, at) => {
    const [o, i] = [Math.floor(at / IN), at % IN];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += u[o * rank + r]! * v[i * rank + r]!;
    // As an edit holds it.
    return Math.fround(sum);
  });
}

test.each([0, 1, 3, 7])("a matrix of rank %i has that many factors, which give it back", (rank) => {
  const change = ofRank(rank);
  const factors = runAtOnce(factorChange("w", Float64Array.from(change), OUT, IN))!;
  expect(factors.rank).toBe(rank);
  const largest = Math.max(...change.map(Math.abs));
  const difference = Math.max(...denseChange(factors).map((value, at) => Math.abs(value - change[at]!)));
  expect(difference).toBeLessThanOrEqual(1e-6 * largest);
});

test("a matrix of full rank has none that would take less room", () => {
  expect(largestUsefulRank(OUT, IN)).toBe(7);
  expect(runAtOnce(factorChange("w", ofRank(8), OUT, IN))).toBeUndefined();
});
