import { expect, test } from "vitest";
import type { DuelResult, KindScore } from "../../domain/trials";
import { duelCsv, duelSvg } from "./duelFiles";
import { duelSentence } from "./duelSentence";

const kind = (good: number, count: number): KindScore => ({ good, count, p: good / count });
const entry = (method: "ROME" | "FT-L", wordings: number, kept: number): DuelResult["entries"][number] => ({
  method,
  settings: { layer: 2 },
  status: "done",
  scores: { rewrite: kind(2, 2), paraphrase: kind(wordings, 4), neighbourhood: kind(kept, 10) },
  probes: [],
  updates: [{ weight: "blocks.2.mlpOut", rank: 1, norm: 1, relativeNorm: 0.02 }],
  warnings: [],
  milliseconds: 1500,
});
const before = { rewrite: kind(0, 2), paraphrase: kind(0, 4), neighbourhood: kind(10, 10) };
const error = {
  code: "bad-request",
  message: "KN needs “old”, the true answer.",
  remedy: "",
  details: {},
} as const;
const result: DuelResult = {
  before,
  entries: [
    entry("ROME", 3, 9),
    entry("FT-L", 4, 1),
    { method: "KN", settings: {}, status: "failed", error },
  ],
  milliseconds: 3000,
};

test("the best balance is named with its numbers, and so is who could not take part", () => {
  expect(duelSentence(result, 2)).toBe(
    "Of 2 requests, ROME writes 2 of 2, answers 3 of 4 other wordings and leaves 9 of 10 neighbours as they were: the best balance of 2. 1 could not take these requests.",
  );
});

test("a list that asks for the rewrite alone is told to say nothing of the cost", () => {
  const bare = { rewrite: kind(1, 1), paraphrase: null, neighbourhood: null };
  const [first] = result.entries;
  const one = { ...result, entries: [{ ...first, scores: bare } as DuelResult["entries"][number]] };
  expect(duelSentence(one, 1)).toBe(
    "Of this request, ROME writes 1 of 1, with 100\u00a0% on average. What it costs is not asked: the list has no other wordings and no neighbours.",
  );
});

test("the table holds every method, quoted where a text could break it", () => {
  const lines = duelCsv(result).trim().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/^ROME,2,2,1,3,4,0.75,9,10,0.9,1.5,/u);
  expect(lines[3]).toContain('"KN needs “old”, the true answer."');
  expect(duelSvg(result, "A <b>sentence</b>", "light")).not.toContain("<b>");
});
