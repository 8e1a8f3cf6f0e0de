/** The sentence above a heatmap says what the picture shows. */
import { describe, expect, test } from "vitest";
import type { Heatmap } from "../../lib/heatmap/heatmap";
import { sentenceText, traceSentence, windowLayers } from "./traceSentence";

const SETTINGS = { window: 3, sever: "mlp" } as const;

function heatmap(words: readonly string[], scores: number[][], change: Partial<Heatmap> = {}): Heatmap {
  const tokens = words.map((text, id) => ({ id, text, start: 0, end: text.length }));
  const layers = scores[0]?.length ?? 0;
  const rest = {
    subject: { start: 1, end: 3 },
    answer: " Oslo",
    clean: 0.84,
    corrupted: 0.04,
    isDifference: false,
  };
  return { tokens, layers, scores, spread: scores, ...rest, ...change };
}

const WORDS = ["In", " Norw", "ay", " is"];
const SCORES = [
  [0.04, 0.04],
  [0.1, 0.2],
  [0.66, 0.3],
  [0.2, 0.84],
];

const say = (map: Heatmap, view: Parameters<typeof traceSentence>[1] = "state"): string =>
  sentenceText(traceSentence(map, view, SETTINGS)).replaceAll("\u00a0", " ");

describe("the sentence", () => {
  test("names layer, word and the three probabilities, and passes over the last token", () => {
    expect(say(heatmap(WORDS, SCORES))).toBe(
      "Restoring layer 0 at the end of Norway brings Oslo back from 4.0 % to 66 %; the clean run gives 84 %.",
    );
  });
  test("names a window of layers", () => {
    const scores = [
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0.5, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0.8],
    ];
    expect(say(heatmap(WORDS, scores), "mlp")).toContain("the MLPs of layers 2–4 at a piece of Norway");
  });
  test("says when noise changes too little", () => {
    expect(say(heatmap(WORDS, SCORES, { corrupted: 0.8 }))).toContain("tells little");
  });
  test("says more and less of a difference", () => {
    const less = [
      [0, 0],
      [0, -0.62],
      [0, 0],
      [0, 0],
    ];
    expect(say(heatmap(WORDS, less, { isDifference: true }), "difference")).toBe(
      "Since the edit, restoring layer 1 at a piece of Norway gives Oslo 62 points less than before.",
    );
  });
  test("has nothing to say before the first row", () => {
    const empty = { ...heatmap(WORDS, SCORES), scores: WORDS.map(() => undefined) };
    expect(say(empty)).toBe("");
  });
});

test.each([
  [0, 10, 6, { first: 0, last: 4 }],
  [5, 10, 6, { first: 0, last: 5 }],
  [3, 3, 6, { first: 2, last: 4 }],
  [2, 1, 6, { first: 2, last: 2 }],
])("around layer %i a window of %i in %i layers", (layer, window, layers, expected) => {
  expect(windowLayers(layer, window, layers)).toEqual(expected);
});
