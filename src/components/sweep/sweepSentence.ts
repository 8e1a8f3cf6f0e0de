/** What a layer sweep came to, in one sentence with its numbers. Pure. */
import type { SweepResult, TrialScores } from "../../domain/trials";
import { percent } from "../ui/numbers";

/** The old answer's probability with each layer restored at the subject's last token. */
export type TraceCurve = readonly (number | undefined)[];

export type Series = { kind: keyof TrialScores; label: string };
export const SERIES: readonly Series[] = [
  { kind: "rewrite", label: "new answer" },
  { kind: "paraphrase", label: "in other words" },
  { kind: "neighbourhood", label: "neighbours’ own answers" },
];

type Done = SweepResult["layers"][number] & { status: "done" };
export const doneLayers = ({ layers }: SweepResult): Done[] =>
  layers.filter((one): one is Done => one.status === "done");

/** The product of what should be high: an edit that takes nowhere else, or breaks its neighbours, is no good one. */
const worth = ({ scores }: Done): number =>
  SERIES.reduce((product, { kind }) => product * (scores[kind]?.p ?? 1), 1);

const takes = ({ scores }: Done): boolean => (scores.rewrite?.good ?? 0) > 0;

/** Of the layers where the edit takes, the best; where it takes at none, the one that comes closest. */
export function bestLayer(result: SweepResult): number | undefined {
  const done = doneLayers(result);
  const taking = done.filter(takes);
  if (taking.length > 0) return taking.toSorted((a, b) => worth(b) - worth(a))[0]?.layer;
  const reached = ({ scores }: Done): number => scores.rewrite?.p ?? 0;
  return done.toSorted((a, b) => reached(b) - reached(a))[0]?.layer;
}

function peakOf(curve: TraceCurve): number | undefined {
  const values = curve.map((value) => value ?? -Infinity);
  const most = Math.max(...values);
  return Number.isFinite(most) ? values.indexOf(most) : undefined;
}

export function sweepSentence(result: SweepResult, trace: TraceCurve | undefined): string {
  const best = doneLayers(result).find(({ layer }) => layer === bestLayer(result));
  if (best === undefined) return "No layer took the edit.";
  const { rewrite, paraphrase, neighbourhood } = best.scores;
  if (!takes(best)) {
    return `${result.method} does not take at any of these layers: at most the new answer reaches ${percent(rewrite?.p ?? 0)}, at layer ${best.layer}.`;
  }
  const parts = [
    `gives the new answer ${percent(rewrite?.p ?? 0)}`,
    ...(paraphrase === null ? [] : [`${percent(paraphrase.p)} in other words`]),
    ...(neighbourhood === null ? [] : [`leaves neighbours ${percent(neighbourhood.p)} of their own`]),
  ];
  const list = parts.length < 3 ? parts.join(" and ") : `${parts[0]}, ${parts[1]}, and ${parts[2]}`;
  const peak = trace === undefined ? undefined : peakOf(trace);
  const traced =
    peak === undefined
      ? ""
      : peak === best.layer
        ? " Tracing peaks there too."
        : ` Tracing peaks at layer ${peak}: where a fact is read most clearly is not always where it is best written.`;
  return `${result.method} at layer ${best.layer} ${list}.${traced}`;
}
