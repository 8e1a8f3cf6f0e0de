/**
 * CounterFact's scores (algorithms.md 19.1): of two candidates after a prompt, which one the model finds likelier, by how
 * much, and whether it would say it. Pure.
 */
import type { AnswerLikelihood } from "./answerScores";
import { harmonicMean } from "./harmonicMean";

/** The new and the true answer after one prompt. */
export type Candidates = { new: AnswerLikelihood; true: AnswerLikelihood };

/**
 * success: ES, PS, NS, the wanted candidate is strictly likelier (per token, in the mean); diff: EM, PM, NM, by how much
 * in exp(−nll); accuracy: every token of the wanted one is the likeliest.
 */
export type GroupScores = { success: number; diff: number; accuracy: number };
export type CounterfactScores = { rewrite: GroupScores; paraphrase: GroupScores; neighbourhood: GroupScores };

/** Of the prompts of one group; undefined of none. Neighbours should keep the true answer. */
export function scoreGroup(prompts: readonly Candidates[], wanted: "new" | "true"): GroupScores | undefined {
  if (prompts.length === 0) return undefined;
  const other = wanted === "new" ? "true" : "new";
  const mean = (value: (prompt: Candidates) => number): number =>
    prompts.reduce((sum, prompt) => sum + value(prompt), 0) / prompts.length;
  return {
    success: mean((prompt) => Number(prompt[other].nll > prompt[wanted].nll)),
    diff: mean((prompt) => Math.exp(-prompt[wanted].nll) - Math.exp(-prompt[other].nll)),
    accuracy: mean((prompt) => Number(prompt[wanted].hits.every(Boolean))),
  };
}

/** S: the harmonic mean of the three success rates in per cent, each rounded to two digits first, as published. */
export const counterfactScore = (successes: readonly number[]): number =>
  harmonicMean(successes.map((success) => Math.round(1e4 * success) / 100));
