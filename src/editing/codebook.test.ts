/** A codebook holds hundreds of facts, each found again by its own key. */
import { expect, test } from "vitest";
import type { Codebook } from "../domain/edit";
import { distancesTo, emptyCodebook, placeFact } from "./codebook";

test("hundreds of entries as wide as a model's keys", () => {
  const [width, count] = [1024, 300];
  const keyOf = (fact: number): Float32Array =>
    Float32Array.from({ length: width }, (_, at) => Math.sin(fact * 1.7 + at * (fact + 1)));
  let book: Codebook = emptyCodebook("blocks.0.mlpIn", width, 4);
  for (let fact = 0; fact < count; fact++) {
    const label = { answer: [fact], promptLength: 3 };
    const rules = { radius: 1, labelTest: "answer" } as const;
    const placed = placeFact(book, keyOf(fact), label, Float32Array.of(fact, 0, 0, 1), rules);
    expect(placed).toMatchObject({ entry: fact, decision: "new" });
    book = placed.codebook;
  }
  expect(book.entries).toHaveLength(count);
  for (const fact of [0, 137, count - 1]) {
    const distances = distancesTo(book, keyOf(fact));
    expect(distances.indexOf(Math.min(...distances))).toBe(fact);
    expect(book.entries[fact]!.value[0]).toBe(fact);
  }
});
