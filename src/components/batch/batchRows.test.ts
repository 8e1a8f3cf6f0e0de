import { expect, test } from "vitest";
import type { EditResult, Probe, ProbeKind } from "../../domain/edit";
import { EDIT_RESULT } from "../../store/testing/fakeLab";
import { batchCsv, probesByRequest } from "./batchRows";

const side = (pNew: number) => ({ pNew, pTrue: 0.5, newIsGreedy: false, best: " a" });
const probe = (kind: ProbeKind, pNew: number): Probe => ({
  kind,
  prompt: "p",
  target: "t",
  before: side(0),
  after: side(pNew),
});
const probes = [
  probe("rewrite", 0.9),
  probe("paraphrase", 0.1),
  probe("rewrite", 0.2),
  probe("neighbourhood", 0.1),
];

test("probes go to the request whose rewrite they follow", () => {
  expect(probesByRequest(probes).map((group) => group.length)).toEqual([2, 2]);
});

test("the table tells every request, with quotes doubled", () => {
  const request = { prompt: 'The "{}"', subject: "Peru", target: "Oslo", loss: [] };
  const score = { before: { p: 0, rank: 9 }, after: { p: 0.9, rank: 1 } };
  const result: EditResult = {
    ...EDIT_RESULT,
    probes,
    requests: [
      { ...request, ...score },
      { ...request, ...score },
    ],
  };
  const [, first, second] = batchCsv(result).split("\n");
  expect(first).toBe('"The ""{}""","Peru","Oslo",0,0.9,1,1,0,1,0,0');
  expect(second).toBe('"The ""{}""","Peru","Oslo",0,0.9,0,1,0,0,1,1');
});
