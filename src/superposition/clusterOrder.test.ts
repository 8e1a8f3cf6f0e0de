/** Facts of one group stand together, whatever order they came in. */
import { expect, test } from "vitest";
import { runAtOnce } from "../linalg/steps";
import { legacyRandom } from "../lib/random/legacyRandom";
import { clusterOrderSteps } from "./clusterOrder";

const order = (cosines: Float64Array, n: number) => runAtOnce(clusterOrderSteps(cosines, n));

test("groups that are alike become runs", () => {
  const random = legacyRandom(3);
  const n = 60;
  const group = Array.from({ length: n }, (_, fact) => (fact * 7) % 4);
  const cosines = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = i === j ? 1 : (group[i] === group[j] ? 0.6 : 0) + 0.1 * random.uniform();
      cosines[i * n + j] = cosines[j * n + i] = value;
    }
  }
  const found = order(cosines, n);
  expect(found.toSorted((a, b) => a - b)).toEqual([...Array(n).keys()]);
  const changes = found.filter((fact, at) => at > 0 && group[fact] !== group[found[at - 1]!]).length;
  expect(changes).toBe(3);
});

test("ties, one fact and none come to an end", () => {
  expect(order(new Float64Array(25).fill(1), 5).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  expect(order(Float64Array.of(1), 1)).toEqual([0]);
  expect(order(new Float64Array(0), 0)).toEqual([]);
});

test("the ends that meet are alike", () => {
  // 0–1 and 2–3 are pairs, and 1 is nearer to 2 than 0 is to anything of the other pair.
  const cosines = Float64Array.of(1, 0.9, 0.1, 0, 0.9, 1, 0.5, 0.1, 0.1, 0.5, 1, 0.9, 0, 0.1, 0.9, 1);
  expect([[0, 1, 2, 3].join(), [3, 2, 1, 0].join()]).toContain(order(cosines, 4).join());
});
