/** Editing one fact after the other until the model breaks, and what is measured on the way (docs/superposition.md). */
import type { EditCall } from "./edit";
import type { Fact } from "./superposition";

/** The whole list, and how much of it is on the stack already: a call makes the next `every` edits and measures. */
export type LifelongRequest = Omit<EditCall, "intermediates" | "name"> & {
  done: number;
  /** 0 only measures. */
  every: number;
  /** Requests put into one edit, for methods that take several (1). */
  batch?: number;
  /** Facts no request is about, each with its answer. */
  untouched: readonly Fact[];
};

/** Mean probability of the answers, and the share of them that the model would give by itself. */
export type AnswerMeans = { p: number; greedy: number; count: number };

export type LifelongPoint = {
  /** Requests written so far. */
  edits: number;
  /** Of all requests so far: the new answer at the prompt and at its paraphrases, a neighbour's own at the neighbours. */
  efficacy: AnswerMeans | null;
  paraphrases: AnswerMeans | null;
  neighbourhood: AnswerMeans | null;
  untouched: AnswerMeans | null;
  /** Efficacy by age, oldest first: requests `from` … `to` − 1. */
  retention: (AnswerMeans & { from: number; to: number })[];
  /** Of held text, on these weights and by the checkpoint; null where there is no text. */
  perplexity: { now: number; base: number; tokens: number } | null;
  /** ‖W‖ of every weight that was changed, and ‖W − W₀‖ / ‖W₀‖. */
  norms: { weight: string; norm: number; relativeChange: number }[];
  /** At the keys of untouched facts and of the edited ones. */
  interference: { untouched: LayerInterference[]; edited: LayerInterference[] };
  /** Edits of the stack at this point, and the hash of their weights: going back to it gives these very bits. */
  stackEdits: number;
  weightHash: string;
  /** What the edits of this step had to say: a C that is singular or of few tokens, targets not reached. Each once. */
  warnings?: string[];
  milliseconds: number;
};

/**
 * Mean size of the projection's change since the first edit: the sum of all edits' shares at the base model's keys, and
 * as measured. `relativeError` is ‖predicted − measured‖ / ‖measured‖; it is large where keys themselves have moved.
 */
export type LayerInterference = {
  layer: number;
  predicted: number;
  measured: number;
  relativeError: number;
};
