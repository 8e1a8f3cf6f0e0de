import { describe, expect, test } from "vitest";
import type { LayerSuperposition, SuperpositionResult } from "../../domain/superposition";
import { axisTicks } from "./axisTicks";
import { condense, interferencePicture } from "./interferencePicture";
import { kurtosisPicture } from "./kurtosisPicture";
import { lifelongPicture } from "./lifelongPicture";
import { distributionPicture } from "./distributionPicture";
import { layersCsv, pairsCsv } from "./superpositionFiles";

test.each([
  [0, 10, [0, 2, 4, 6, 8, 10]],
  [-0.2, 1.04, [-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1]],
  [3, 3, [3]],
  [0, 0.0031, [0, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003]],
])("round numbers from %d to %d", (from, to, ticks) => expect(axisTicks(from, to)).toEqual(ticks));

describe("P as a picture", () => {
  test("is red above zero, blue below, and saturated at one", () => {
    const svg = interferencePicture(Float64Array.of(1, -1, 7, 0), 2, "A sentence & more");
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain("&#38; more");
    const fills = [...svg.matchAll(/<path d="([^"]*)" fill="(#[0-9a-f]{6})"/g)];
    expect(fills).toHaveLength(3);
    // 1 and 7 have one colour: one path with two cells.
    const [red, blue] = fills.map(([, path, fill]) => ({ cells: path!.split("M").length - 1, fill: fill! }));
    expect(red!.cells).toBe(2);
    const channel = (fill: string, at: number) => Number.parseInt(fill.slice(at, at + 2), 16);
    expect(channel(red!.fill, 1)).toBeGreaterThan(channel(red!.fill, 5) + 50);
    expect(channel(blue!.fill, 5)).toBeGreaterThan(channel(blue!.fill, 1) + 50);
  });

  test("of a long list shows the strongest pair of every cell, not the diagonal", () => {
    const n = 512;
    const values = new Float64Array(n * n);
    for (let i = 0; i < n; i++) values[i * n + i] = 1;
    values[100 * n + 301] = -0.7;
    const { cells, count } = condense(values, n);
    expect(count).toBe(256);
    expect(cells[50 * 256 + 150]).toBe(-0.7);
    expect(cells[50 * 256 + 50]).toBe(0);
  });
});

const MOMENTS = { count: 4, mean: 0, std: 1, min: -1, max: 1, median: 0, absoluteMean: 1, kurtosis: 2 };
const P = {
  ...MOMENTS,
  extreme: { count: 1, kurtosisWithout: Number.NaN },
  histogram: [2, 0, 2],
  density: { x: [-1, 0, 1], y: [0.4, 0.2, 0.4], bandwidth: 0.1 },
  quantiles: [],
  tails: [],
};

test("a distribution is drawn with the normal beside it, whatever is empty in it", () => {
  const svg = distributionPicture(P, "x");
  expect(svg.match(/<title>/g)).toHaveLength(2);
  expect(svg).toContain("stroke-dasharray");
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test("kurtosis by layer leaves out what is not a number", () => {
  const svg = kurtosisPicture([{ layer: 0, kurtosis: 3, kurtosisWithout: Number.NaN }, { layer: 1, kurtosis: -1, kurtosisWithout: 2 }], "x"); // prettier-ignore
  expect(svg).not.toMatch(/NaN|Infinity/);
  expect(svg.match(/width="4" height="4"/g)).toHaveLength(3);
});

test("a sequence of edits is drawn from what was measured, with a line for each curve in the legend", () => {
  const means = { p: 0.5, greedy: 0.5, count: 2 };
  const none = { efficacy: null, paraphrases: null, neighbourhood: null, retention: [], perplexity: null, stackEdits: 0, weightHash: "", norms: [], interference: { untouched: [], edited: [] }, milliseconds: 1 }; // prettier-ignore
  const points = [
    { ...none, edits: 0, untouched: { ...means, p: 1 } },
    { ...none, edits: 10, untouched: means, efficacy: means, retention: [{ ...means, from: 0, to: 10 }] },
  ];
  const svg = lifelongPicture(points, "x");
  expect(svg).not.toMatch(/NaN|Infinity/);
  expect(svg).toContain("untouched facts");
  // Neighbours were asked nothing: no line, and no name for one.
  expect(svg).not.toContain(">neighbours<");
  // Untouched facts fall from the top to the middle of the picture, over its whole width.
  const [, first, last] = /points="56,(\S+) 616,(\S+)" fill="none" stroke="#1d1a16" stroke-width/.exec(svg)!;
  expect(Number(last) - Number(first)).toBe(130);
  // Below it only what there is to show: weights that have not moved are drawn, a perplexity nobody measured is not.
  expect(svg).not.toContain("Retention");
  const layer = { layer: 1, predicted: 0.4, measured: 0.5, relativeError: 0.2 };
  const moved = points.map((point) => ({
    ...point,
    perplexity: { now: 20, base: 10, tokens: 9 },
    interference: { untouched: point.edits === 0 ? [] : [layer], edited: [] },
  }));
  const why = lifelongPicture(moved, "x");
  expect(why).toContain("Change of the output at untouched facts");
  // Predicted ends at four fifths of the measured height.
  const ends = [...why.matchAll(/points="56,\S+ 616,(\S+)" fill="none" stroke="#\w+" stroke-(?:width="2"|width="1.5" stroke-dasharray="6 3")/g)].map(([, end]) => Number(end)); // prettier-ignore
  const [measured, predicted] = ends.slice(-4);
  expect(predicted! - measured!).toBeCloseTo(130 * 0.2, 1);
});

test("tables name facts by their place in the file, and text stays text", () => {
  const angle = { median: 90, histogram: [] };
  const layer = {
    layer: 3,
    interference: P,
    angles: { whitening: angle, activation: angle },
    pairs: [{ i: 0, j: 1, p: 0.5, whiteningCosine: 0.4, activationCosine: 0.3 }],
    moment: { tokens: 7, condition: 9, ridge: 0, ridgeEffects: [] },
  } as unknown as LayerSuperposition;
  const result: SuperpositionResult = { kept: [0, 2], skipped: [], sameKeys: [], layers: [layer], warnings: [], milliseconds: 1 }; // prettier-ignore
  const facts = ["=SUM(A1)", "gone", "Peru"].map((subject) => ({ subject, prompt: 'The {} "is"' }));
  expect(pairsCsv(result, facts).split("\r\n")[1]).toBe(
    `3,0,"'=SUM(A1)","The {} ""is""",2,"Peru","The {} ""is""",0.5,0.4,0.3`,
  );
  expect(layersCsv(result).split("\r\n")[1]).toBe("3,2,NaN,1,0,1,-1,1,0,90,90,7,9,0");
});
