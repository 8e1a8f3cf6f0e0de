/** Before and after: nothing lost, nothing invented. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffWords, joinChoices } from "./words";

const choice = (id: number, p: number) => ({ id, text: ` w${id}`, logprob: Math.log(p) });

describe("joinChoices", () => {
  test("keeps a word that was likely before and is gone now", () => {
    const words = joinChoices([choice(1, 0.9), choice(2, 0.05)], [choice(3, 0.8), choice(1, 0.1)], 3);
    expect(words.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(words[0]?.before).toBeCloseTo(0.1);
    expect(words[2]).toMatchObject({ now: undefined });
    expect(words[2]?.before).toBeCloseTo(0.8);
  });
  test("without edits there is no before", () => {
    expect(joinChoices([choice(1, 0.5)], undefined, 5)[0]?.before).toBeUndefined();
  });
});

describe("diffWords", () => {
  test("marks what was replaced", () => {
    expect(diffWords(" Paris, in France.", " Rome, in Italy.")).toEqual([
      { text: " Paris,", kind: "removed" },
      { text: " Rome,", kind: "added" },
      { text: " in", kind: "same" },
      { text: " France.", kind: "removed" },
      { text: " Italy.", kind: "added" },
    ]);
  });
  test("without the added pieces it is the text before, without the removed the text after", () => {
    const words = fc.array(fc.constantFrom("a", "b", " ", "c", "\n", "é")).map((parts) => parts.join(""));
    fc.assert(
      fc.property(words, words, (before, after) => {
        const pieces = diffWords(before, after);
        const without = (kind: string): string =>
          pieces
            .filter((piece) => piece.kind !== kind)
            .map(({ text }) => text)
            .join("");
        expect(without("added")).toBe(before);
        expect(without("removed")).toBe(after);
      }),
    );
  });
});
