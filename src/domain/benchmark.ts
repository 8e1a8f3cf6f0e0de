/** The field's benchmarks as data: one case is what is written, and what is asked before and after (algorithms.md 19). */
import type { EditCall, EditRequest } from "./edit";

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

/** Measures by name; one that a case has nothing for is absent. What each means: `definitions` of the result. */
export type CaseMeasures = Record<string, number>;

export type CaseRequest = Omit<EditCall, "requests" | "name" | "intermediates"> & {
  benchmark: BenchmarkName;
  case: BenchmarkCase;
  /** Tokens of the continuations that fluency is measured on; 0 leaves it out. */
  fluencyTokens: number;
};

/** One case edited, measured and taken back. `texts`: what the edited model wrote, where it was asked to write. */
export type CaseResult = {
  before: CaseMeasures;
  after: CaseMeasures;
  texts: { prompt: string; text: string }[];
  milliseconds: number;
};
