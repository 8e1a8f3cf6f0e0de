/**
 * One picture of a trace, whether finished, half finished or the difference of two. Pure.
 * Rows are tokens, columns are layers; a row that has not been computed yet is undefined.
 */
import type { Token } from "../../domain/model";
import type { TracePartial, TraceResult } from "../../domain/trace";

export type Heatmap = {
  tokens: readonly Token[];
  /** Token positions, end exclusive. */
  subject: { start: number; end: number };
  answer: string;
  layers: number;
  /** Probability of the answer in the clean run, and its mean over the corrupted runs. */
  clean: number;
  corrupted: number;
  /** [token][layer]: probability, or change in probability for a difference. */
  scores: readonly (readonly number[] | undefined)[];
  spread: readonly (readonly number[] | undefined)[];
  isDifference: boolean;
};

export type Cell = { token: number; layer: number };

export function fromResult(result: TraceResult): Heatmap {
  const { tokens, subject, clean, corrupted, scores, spread } = result;
  const layers = scores[0]?.length ?? 0;
  const answer = result.answer.text;
  return { tokens, subject, answer, layers, clean, corrupted, scores, spread, isDifference: false };
}

/** Adds one finished row to what has arrived so far. */
export function joinRow(earlier: Heatmap | undefined, row: TracePartial): Heatmap {
  const blank = (): (readonly number[] | undefined)[] => row.tokens.map(() => undefined);
  const { tokens, subject, clean, corrupted, layers } = row;
  return {
    tokens,
    subject,
    answer: row.answer.text,
    layers,
    clean,
    corrupted,
    scores: (earlier?.scores ?? blank()).with(row.token, row.scores),
    spread: (earlier?.spread ?? blank()).with(row.token, row.spread),
    isDifference: false,
  };
}

/**
 * After minus before, cell by cell, for the same prompt and answer; `clean` and `corrupted` span both runs, so that
 * the scale is that of the traces themselves. Spreads add as independent errors.
 */
export function difference(before: TraceResult, after: TraceResult): Heatmap {
  const cells = (
    combine: (a: number, b: number) => number,
    pick: (result: TraceResult) => number[][],
  ): number[][] =>
    pick(after).map((row, token) =>
      row.map((value, layer) => combine(value, pick(before)[token]?.[layer] ?? 0)),
    );
  return {
    ...fromResult(after),
    clean: Math.max(before.clean, after.clean),
    corrupted: Math.min(before.corrupted, after.corrupted),
    scores: cells(
      (now, old) => now - old,
      (result) => result.scores,
    ),
    spread: cells(
      (now, old) => Math.hypot(now, old),
      (result) => result.spread,
    ),
    isDifference: true,
  };
}

/** The cell with the largest score, or the largest change for a difference. */
export function peakOf(heatmap: Heatmap): (Cell & { score: number }) | undefined {
  let best: (Cell & { score: number }) | undefined;
  const size = (score: number): number => (heatmap.isDifference ? Math.abs(score) : score);
  heatmap.scores.forEach((row, token) =>
    row?.forEach((score, layer) => {
      if (best === undefined || size(score) > size(best.score)) best = { token, layer, score };
    }),
  );
  return best;
}

/** The strongest cell that an edit at the subject's last token could use. */
export function peakAtSubject(heatmap: Heatmap): (Cell & { score: number }) | undefined {
  const token = heatmap.subject.end - 1;
  const row = heatmap.scores[token];
  if (row === undefined) return undefined;
  const score = Math.max(...row);
  return { token, layer: row.indexOf(score), score };
}
