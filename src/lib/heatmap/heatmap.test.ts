/** Heatmaps: rows that arrive, differences, colours that differ, files that are safe to open. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceResult } from "../../domain/trace";
import { colourOf, inkOn, oklch, position } from "./colour";
import { difference, fromResult, joinRow, peakAtSubject, peakOf, type Heatmap } from "./heatmap";
import { csvText, toCsv, toSvg } from "./heatmapFiles";
import { scaleOf } from "./heatmapScale";

const TOKENS = ["=SUM(1)", " Nor\u202eway", "<b>"].map((text, id) => ({ id, text, start: 0, end: 0 }));

function result(scores: number[][], clean = 0.8, corrupted = 0.1): TraceResult {
  const spread = scores.map((row) => row.map(() => 0.3));
  const rest = {
    kind: "state",
    window: 10,
    peak: { token: 0, layer: 0, score: 0 },
    next: [],
    warnings: [],
  } as const;
  return {
    ...rest,
    prompt: "",
    tokens: TOKENS,
    subject: { start: 0, end: 2, text: "" },
    answer: { id: 0, text: " Oslo" },
    clean,
    corrupted,
    corruptedSamples: [],
    noise: { level: 1, sigma: 1, seed: 1 },
    scores,
    spread,
    next: [],
    warnings: [],
    milliseconds: 0,
  };
}

const SCORES = [
  [0.1, 0.2],
  [0.7, 0.3],
  [0.2, 0.8],
];

describe("a heatmap", () => {
  test("fills row by row and ends as the result", () => {
    const { tokens, subject, answer, clean, corrupted } = result(SCORES);
    const row = (token: number) => {
      const rest = { tokens, subject, answer, clean, corrupted, layers: 2, token };
      return { ...rest, scores: SCORES[token] ?? [], spread: [0.3, 0.3] };
    };
    let map: Heatmap | undefined;
    for (const token of [1, 2, 0]) map = joinRow(map, row(token));
    expect(map).toEqual({ ...fromResult(result(SCORES)), subject });
    expect(joinRow(undefined, row(1)).scores).toEqual([undefined, SCORES[1], undefined]);
  });
  test("knows its peaks", () => {
    const map = fromResult(result(SCORES));
    expect(peakOf(map)).toEqual({ token: 2, layer: 1, score: 0.8 });
    expect(peakAtSubject(map)).toEqual({ token: 1, layer: 0, score: 0.7 });
  });
  test("a difference is after minus before, on the scale of both", () => {
    const map = difference(
      result(SCORES, 0.8, 0.1),
      result(
        SCORES.map((row) => row.map((p) => p / 2)),
        0.9,
        0.05,
      ),
    );
    expect(map.scores[1]?.[0]).toBeCloseTo(-0.35);
    expect(map.spread[0]?.[0]).toBeCloseTo(Math.hypot(0.3, 0.3));
    expect(scaleOf(map)).toEqual({ nothing: 0, all: expect.closeTo(0.85) as number, isDifference: true });
  });
});

describe("colours", () => {
  test("white and black are what they should be", () => {
    expect(oklch(1, 0, 0)).toEqual([255, 255, 255]);
    expect(oklch(0, 0, 0)).toEqual([0, 0, 0]);
  });
  test("grow darker on light paper and lighter on dark, evenly, in every hue", () => {
    const lightness = (colour: string): number =>
      [1, 3, 5].reduce((sum, at) => sum + Number.parseInt(colour.slice(at, at + 2), 16), 0);
    for (const hue of ["state", "mlp", "attention"] as const) {
      const ramp = (scheme: "light" | "dark") =>
        [0, 0.25, 0.5, 0.75, 1].map((amount) => lightness(colourOf(amount, hue, false, scheme)));
      expect(ramp("light")).toEqual(ramp("light").toSorted((a, b) => b - a));
      expect(ramp("dark")).toEqual(ramp("dark").toSorted((a, b) => a - b));
    }
  });
  test("below nothing looks different from above", () => {
    expect(colourOf(-0.5, "state", false, "light")).not.toBe(colourOf(0.5, "state", false, "light"));
  });
  test("the ink on a colour has a contrast of at least 4.5", () => {
    const luminance = (colour: string): number => {
      const channel = (at: number): number => {
        const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      };
      return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
    };
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.constantFrom("light", "dark"),
        (amount, scheme) => {
          const colour = colourOf(amount, "state", false, scheme as "light" | "dark");
          const [a, b] = [luminance(colour), luminance(inkOn(colour))].toSorted((x, y) => y - x);
          expect(((a ?? 0) + 0.05) / ((b ?? 0) + 0.05)).toBeGreaterThanOrEqual(4.5);
        },
      ),
    );
  });
  test("a scale ends at −1 and 1, whatever comes", () => {
    const scale = { nothing: 0.1, all: 0.8, isDifference: false };
    expect([0.1, 0.8, 5, -5].map((value) => position(scale, value))).toEqual([0, 1, 1, -1]);
    expect(position({ ...scale, all: 0.1 }, 0.5)).toBe(0);
  });
});

describe("files", () => {
  test.each(["=1+1", "+1", "-1", "@x", "  =1", "＝1", "－1", "＋1", "＠x"])(
    "a spreadsheet does not run %j",
    (text) => {
      expect(csvText(text)).toBe(`"'${text}"`);
    },
  );
  test.each([
    ["\t=1", '"⇥=1"'],
    ["\r\n+1", '"␍⏎+1"'],
    ["10", '"10"'],
  ])("%j stays one cell, and text", (text, cell) => expect(csvText(text)).toBe(cell));
  test("whatever the tokens are, cells are text, numbers are numbers and a picture is a picture", () => {
    const character = fc.constantFrom(..."=+-@\t\r\n\"',;<>&\u0000\u001b\u202e\ud800\u2028a 1".split(""));
    const hostile = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(""));
    fc.assert(
      fc.property(hostile, hostile, (text, answer) => {
        const tokens = [text, `x${text}`, answer].map((one, id) => ({ id, text: one, start: 0, end: 0 }));
        const map = { ...fromResult(result(SCORES)), tokens };
        for (const line of toCsv(map).trimEnd().split("\r\n").slice(1)) {
          // Position, one quoted text, and numbers: -0.5 must not become '-0.5.
          expect(line).toMatch(
            /^\d+,"(?!\s*[=+\-@])(?:[^"\p{Cc}\p{Cs}]|"")*",(true|false),\d+,-?[\d.e-]+,-?[\d.e-]*$/u,
          );
        }
        const svg = toSvg(map, "state", `${text} brings ${answer}`, "light");
        expect(svg.replace(/<\/?(?:svg|rect|text)\b[^<>]*>/g, "")).not.toMatch(
          /[<>\p{Cc}\p{Cs}\p{Bidi_Control}]/u,
        );
      }),
    );
  });
  test("quotes are doubled", () => expect(csvText('a"b')).toBe('"a""b"'));
  test("a CSV has one line per cell that was computed, and no control characters", () => {
    const map = { ...fromResult(result(SCORES)), scores: [SCORES[0], undefined, SCORES[2]] };
    const lines = toCsv(map).trimEnd().split("\r\n");
    expect(lines).toHaveLength(5);
    expect(lines[1]).toBe(`0,"'=SUM(1)",true,0,0.1,0.3`);
    expect(toCsv(fromResult(result(SCORES)))).toContain("[U+202E]");
  });
  test("an SVG escapes what a model wrote, and breaks a long sentence", () => {
    const svg = toSvg(fromResult(result(SCORES)), "state", "Restoring a layer ".repeat(12), "light");
    expect(svg).not.toContain("<b>");
    expect(svg).toContain("&#60;b&#62;");
    expect(svg.match(/font-family="serif"/gu)?.length).toBeGreaterThan(1);
  });
});
