import { expect, test } from "vitest";
import type { AnswerMeans, LifelongPoint } from "../../domain/lifelong";
import { findCollapse } from "./findCollapse";

const means = (p: number): AnswerMeans => ({ p, greedy: p, count: 1 });
const point = (edits: number, efficacy: number | null, untouched: number | null): LifelongPoint => ({
  edits,
  efficacy: efficacy === null ? null : means(efficacy),
  paraphrases: null,
  neighbourhood: null,
  untouched: untouched === null ? null : means(untouched),
  retention: [],
  perplexity: null,
  stackEdits: edits,
  weightHash: "",
  norms: [],
  interference: { untouched: [], edited: [] },
  milliseconds: 1,
});

test.each([
  ["untouched facts halve first", [point(0, null, 0.9), point(10, 0.8, 0.5), point(20, 0.7, 0.44)], { edits: 20, of: "untouched" }],
  ["the edits halve first", [point(0, null, 0.9), point(10, 0.8, 0.9), point(20, 0.39, 0.8)], { edits: 20, of: "efficacy" }],
  ["of the best, not of the first", [point(0, null, 0.9), point(5, 0.3, 0.9), point(10, 0.9, 0.9), point(15, 0.4, 0.9)], { edits: 15, of: "efficacy" }],
  ["nothing breaks", [point(0, null, 0.9), point(10, 0.8, 0.6)], undefined],
  ["no untouched facts", [point(0, null, null), point(10, 0.8, null)], undefined],
  ["nothing measured", [], undefined],
])("%s", (_name, points, expected) => expect(findCollapse(points)).toEqual(expected)); // prettier-ignore
