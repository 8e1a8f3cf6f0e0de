import { describe, expect, test } from "vitest";
import { bestOf, traceWarnings } from "./answer";
import { meanAndSpread, outward, peakOf } from "./scores";
import { layerWindow } from "./windows";

test("mean and unbiased deviation", () => {
  expect(meanAndSpread([1, 2, 3, 4])).toEqual({ mean: 2.5, spread: Math.sqrt(5 / 3) });
  expect(meanAndSpread([0.25])).toEqual({ mean: 0.25, spread: 0 });
});

test("the first of the highest cells", () => {
  expect(
    peakOf([
      [0, 0.5],
      [0.5, 0.2],
    ]),
  ).toEqual({ token: 0, layer: 1, score: 0.5 });
});

test("outward from the subject's last token, every token once", () => {
  expect(outward(2, 5)).toEqual([2, 3, 1, 4, 0]);
  expect(outward(0, 3)).toEqual([0, 1, 2]);
  expect(outward(4, 5)).toEqual([4, 3, 2, 1, 0]);
});

test("the largest, ties by index", () => {
  expect(bestOf(Float32Array.of(1, 3, 2, 3), 3)).toEqual([1, 3, 2]);
  expect(bestOf(Float32Array.of(1, 2), 5)).toEqual([1, 0]);
});

describe("windows of the published code", () => {
  test("ten layers around the centre: five before it, four after", () => {
    expect(layerWindow(20, 10, 48)).toEqual({ first: 15, end: 25 });
  });

  test("odd widths, and cut off at both ends", () => {
    expect(layerWindow(2, 3, 6)).toEqual({ first: 1, end: 4 });
    expect(layerWindow(0, 10, 6)).toEqual({ first: 0, end: 5 });
    expect(layerWindow(5, 10, 6)).toEqual({ first: 0, end: 6 });
    expect(layerWindow(4, 1, 6)).toEqual({ first: 4, end: 5 });
  });
});

describe("warnings", () => {
  const request = { prompt: "The capital of France is" } as Parameters<typeof traceWarnings>[0];
  const paris = { id: 5, text: " Paris" };
  const seen = { answer: paris, best: { ...paris, logprob: -0.1 }, clean: 0.9, corrupted: 0.1 };

  test("none", () => {
    expect(traceWarnings(request, seen)).toEqual([]);
  });

  test.each([
    ["answer-is-punctuation", request, { ...seen, answer: { id: 5, text: " ," } }],
    ["trailing-space", { ...request, prompt: "The capital of France is " }, seen],
    ["noise-changes-nothing", request, { ...seen, corrupted: 0.89 }],
    ["answer-not-likeliest", request, { ...seen, answer: { id: 6, text: " Rome" } }],
  ] as const)("%s", (warning, asked, found) => {
    expect(traceWarnings(asked, found)).toEqual([warning]);
  });
});
