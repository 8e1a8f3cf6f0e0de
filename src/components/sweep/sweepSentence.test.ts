import { expect, test } from "vitest";
import type { SweepResult } from "../../domain/trials";
import { sweepCsv, sweepSvg } from "./sweepFiles";
import { bestLayer, sweepSentence } from "./sweepSentence";

const kind = (p: number) => ({ good: 1, count: 1, p });
const layer = (at: number, rewrite: number, kept: number): SweepResult["layers"][number] => ({
  layer: at,
  status: "done",
  scores: { rewrite: kind(rewrite), paraphrase: null, neighbourhood: kind(kept) },
  probes: [],
  updates: [],
  warnings: [],
  milliseconds: 1,
});
const before = { rewrite: kind(0), paraphrase: null, neighbourhood: kind(1) };
const error = { code: "singular-matrix", message: "No inverse.", remedy: "", details: {} } as const;
const result: SweepResult = {
  method: "ROME",
  before,
  layers: [layer(0, 0.99, 0.2), layer(1, 0.9, 0.9), { layer: 2, status: "failed", error }],
  milliseconds: 3,
};
const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("the best layer writes without breaking its neighbours", () => {
  expect(bestLayer(result)).toBe(1);
  expect(plain(sweepSentence(result, [0.1, 0.8, 0.3]))).toBe(
    "ROME at layer 1 gives the new answer 90 % and leaves neighbours 90 % of their own. Tracing peaks there too.",
  );
  expect(plain(sweepSentence(result, [0.9, 0.8, undefined]))).toContain("Tracing peaks at layer 0");
});

test("an edit that takes nowhere is not called good", () => {
  const none = (at: number, p: number): SweepResult["layers"][number] => {
    const one = layer(at, p, 0.9);
    const scores = { ...before, rewrite: { good: 0, count: 1, p } };
    return one.status === "done" ? { ...one, scores } : one;
  };
  const failing = { ...result, layers: [none(0, 0.01), none(1, 0.2)] };
  expect(plain(sweepSentence(failing, [0.9, 0.8]))).toBe(
    "ROME does not take at any of these layers: at most the new answer reaches 20 %, at layer 1.",
  );
});

test("files hold every layer, and one that failed as such", () => {
  const lines = sweepCsv(result, [0.1, 0.8, 0.3]).trim().split("\n");
  expect(lines[1]).toBe("0,0.99,,0.2,0.1,");
  expect(lines[3]).toBe('2,,,,0.3,"No inverse."');
  expect(sweepSvg(result, undefined, "a < b", "dark")).toContain("a &#60; b");
});
