/** How well an edit did: the new answer in the edited wording and in others, and neighbours that keep theirs. */
import type { EditRequest } from "../../src/domain/edit";
import { probeSides, type SidedProbe } from "../../src/evaluation/probes";
import type { Model } from "../../src/model/model";

export type Score = {
  /** Mean probability of the new answer in the edited wording. */
  p: number;
  /** Means of p(wanted) / (p(new) + p(true)): 1 is certain, ½ undecided. */
  efficacy: number;
  paraphrase: number;
  neighbourhood: number;
  /** Harmonic mean of the three. */
  score: number;
};

export async function scoreEdit(model: Model, requests: readonly EditRequest[]): Promise<Score> {
  const signal = new AbortController().signal;
  const probes: SidedProbe[] = [];
  for (const request of requests) probes.push(...(await probeSides(model, request, signal)));
  const efficacy = meanOf(probes, "rewrite", shareOfNew);
  const paraphrase = meanOf(probes, "paraphrase", shareOfNew);
  const neighbourhood = meanOf(probes, "neighbourhood", (probe) => 1 - shareOfNew(probe));
  return {
    p: meanOf(probes, "rewrite", ({ side }) => side.pNew),
    efficacy,
    paraphrase,
    neighbourhood,
    score: 3 / (1 / efficacy + 1 / paraphrase + 1 / neighbourhood),
  };
}

function shareOfNew({ side: { pNew, pTrue } }: SidedProbe): number {
  const sum = pNew + (pTrue ?? 0);
  return sum > 0 ? pNew / sum : 0.5;
}

function meanOf(probes: readonly SidedProbe[], kind: string, value: (probe: SidedProbe) => number): number {
  const some = probes.filter((probe) => probe.kind === kind);
  return some.reduce((sum, probe) => sum + value(probe), 0) / some.length;
}
