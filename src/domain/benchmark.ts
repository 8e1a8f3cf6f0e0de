/** The field's benchmarks as data: one case is what is written, and what is asked before and after (algorithms.md 19). */
import type { EditRequest } from "./edit";

export const BENCHMARKS = ["counterfact", "zsre", "knowedit", "unke", "akew", "editeverything"] as const;
export type BenchmarkName = (typeof BENCHMARKS)[number];

/** A text, and how it should go on. */
export type BenchmarkQuestion = { prompt: string; answer: string };

/** Questions of one sub-type: "Reasoning", "Relation_Specificity"; measured as the mean over them. */
export type QuestionGroup = { kind: string; questions: BenchmarkQuestion[] };

/**
 * `request` brings the paraphrases, and neighbours where the benchmark has CounterFact's kind of them. `portability`
 * should follow from the edit; `locality` should stay as the model has it. `generate` are beginnings to be continued.
 */
export type BenchmarkCase = {
  /** The source's own number or the place in the file. */
  id: string;
  request: EditRequest;
  portability: QuestionGroup[];
  locality: QuestionGroup[];
  generate: string[];
  category?: string;
};

/** Questions with long answers, judged by the text a model writes; the others are judged token by token. */
export const LONG_BENCHMARKS: readonly BenchmarkName[] = ["unke", "akew", "editeverything"];
