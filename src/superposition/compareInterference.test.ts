/** What many updates of one projection do to keys, all at once, is what each does by itself, added up. */
import { expect, test } from "vitest";
import type { WeightUpdate } from "../domain/edit";
import { legacyRandom } from "../lib/random/legacyRandom";
import { predictChange } from "./compareInterference";

const [OUT, IN, FACTS] = [5, 7, 4];
const random = legacyRandom(1);
const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());

const lowRank = (rank: number): WeightUpdate => ({
  ...{ kind: "lowRank", weight: "blocks.1.mlpOut", out: OUT, in: IN, rank },
  ...{ u: normals(OUT * rank), v: normals(IN * rank) },
});
const dense = (weight: string, width: number): WeightUpdate => ({
  ...{ kind: "dense", weight, out: OUT, in: width, values: normals(OUT * width) },
});

/** One number after the other. */
function slowly(updates: readonly WeightUpdate[], keys: Float64Array): Float64Array {
  const sum = new Float64Array(FACTS * OUT);
  for (let fact = 0; fact < FACTS; fact++) {
    for (const update of updates) {
      for (let row = 0; row < OUT; row++) {
        if (update.weight.endsWith(".bias"))
          sum[fact * OUT + row]! += (update as { values: Float32Array }).values[row]!;
        else
          for (let column = 0; column < IN; column++)
            sum[fact * OUT + row]! += entry(update, row, column) * keys[fact * IN + column]!;
      }
    }
  }
  return sum;
}

function entry(update: WeightUpdate, row: number, column: number): number {
  if (update.kind === "dense") return update.values[row * update.in + column]!;
  let sum = 0;
  for (let k = 0; k < update.rank; k++)
    sum += update.u[row * update.rank + k]! * update.v[column * update.rank + k]!;
  return sum;
}

test.each<[string, WeightUpdate[]]>([
  ["one", [lowRank(1)]],
  ["several ranks", [lowRank(1), lowRank(3), lowRank(2)]],
  ["every kind", [lowRank(2), dense("blocks.1.mlpOut", IN), dense("blocks.1.mlpOut.bias", 1), lowRank(1)]],
  ["a bias alone", [dense("blocks.1.mlpOut.bias", 1)]],
])("%s", (_, updates) => {
  const keys = Float64Array.from(normals(FACTS * IN));
  const expected = slowly(updates, keys);
  predictChange(updates, keys, FACTS).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 10));
});
