/** The files of an average: every cell once, one scale for all panels, nothing that a reader could not trust. */
import { expect, test } from "vitest";
import type { AverageCell, TraceAverageResult } from "../../domain/trace";
import { toAverageCsv, toAverageSvg } from "./averageFiles";

const cell = (mean: number): AverageCell => ({
  effect: { mean, interval: 0.05, count: 7 },
  score: mean + 0.1,
});
const average = { mean: 0.5, interval: 0.1, count: 7 };
const RESULT: TraceAverageResult = {
  facts: 7,
  skipped: [],
  clean: average,
  corrupted: average,
  total: average,
  noise: { level: 3, sigma: 1, seed: 1 },
  window: 3,
  samples: 10,
  layers: 2,
  roles: ["firstSubject", "middleSubject", "last"],
  maps: [
    { kind: "state", cells: [[cell(0.1), cell(0.4)], [], [cell(-0.2), cell(0)]] },
    { kind: "mlp", cells: [[cell(0.8), cell(0.2)], [], [cell(0), cell(0)]] },
  ],
  milliseconds: 1,
};

test("a CSV has one line per cell with its interval", () => {
  const lines = toAverageCsv(RESULT).trimEnd().split("\r\n");
  expect(lines).toHaveLength(1 + 8);
  const [kind, role, layer, effect, low, high, score, count] = lines[2]!.split(",");
  expect([kind, role, layer, count]).toEqual(["state", "firstSubject", "1", "7"]);
  expect([effect, low, high, score].map(Number)).toEqual([0.4, 0.4 - 0.05, 0.4 + 0.05, 0.5]);
});

test("a picture has a panel per kind on the scale of the states, and draws what is below nothing as nothing", () => {
  const svg = toAverageSvg(RESULT, "7 facts <&>", "light");
  expect(svg.match(/<rect x=/gu)).toHaveLength(8);
  expect(svg).toContain("from 0 to 0.400");
  expect(svg).toContain("&#60;&#38;&#62;");
  const fills = [...svg.matchAll(/fill="(#[0-9a-f]{6})"><title>([^<]*)/gu)].map((match) => match.slice(1));
  const colours = Object.fromEntries(fills.map(([colour, title]) => [title, colour]));
  // Two hues at nothing and at all: equal within a panel, clipped above the scale and below it.
  expect(colours["-0.200 ± 0.050"]).toBe(fills.find(([, title]) => title === "0.000 ± 0.050")![0]);
  expect(colours["0.800 ± 0.050"]).not.toBe(colours["0.200 ± 0.050"]);
  expect(new Set(fills.map(([colour]) => colour)).size).toBeGreaterThanOrEqual(5);
});

test("without states the strongest panel sets the scale", () => {
  const { maps } = RESULT;
  expect(toAverageSvg({ ...RESULT, maps: maps.slice(1) }, "", "dark")).toContain("from 0 to 0.800");
});
