/** Means over cases, each measure over the cases that have it. Pure. */
import type { CaseMeasures } from "../../domain/benchmark";
import { counterfactScore } from "../metrics/counterfactScores";
import { definitionOf } from "./definitions";

export type MeasureSummary = {
  measure: string;
  before: number;
  after: number;
  /** Cases that have it. */
  cases: number;
  definition: string;
};

type Sides = { before: CaseMeasures; after: CaseMeasures };

export function summarise(rows: readonly Sides[]): MeasureSummary[] {
  const names = [...new Set(rows.flatMap(({ after }) => Object.keys(after)))];
  const measures = names.map((measure): MeasureSummary => {
    const having = rows.filter(({ before, after }) => measure in before && measure in after);
    const mean = (side: keyof Sides): number =>
      having.reduce((sum, row) => sum + row[side][measure]!, 0) / having.length;
    return { measure, before: mean("before"), after: mean("after"), cases: having.length, definition: definitionOf(measure) }; // prettier-ignore
  });
  return [...measures, ...overall(measures)];
}

/** S needs all three of CounterFact's success rates. */
function overall(measures: readonly MeasureSummary[]): MeasureSummary[] {
  const parts = ["rewrite", "paraphrase", "neighbourhood"].flatMap(
    (kind) => measures.find(({ measure }) => measure === `${kind}_success`) ?? [],
  );
  if (parts.length < 3) return [];
  const score = (side: "before" | "after"): number => counterfactScore(parts.map((part) => part[side]));
  const cases = Math.min(...parts.map((part) => part.cases));
  return [{ measure: "score", before: score("before"), after: score("after"), cases, definition: definitionOf("score") }]; // prettier-ignore
}
