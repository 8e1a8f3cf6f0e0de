/** What every teacher-forced measure begins with: an answer's tokens under the logits at their places. Pure. */
import { logSumExp } from "../../model/tokenChoices";

/** Mean −log p per token of the answer, and whether each token is the likeliest one at its place. */
export type AnswerLikelihood = { nll: number; hits: boolean[] };

/** `logits` [answer tokens, V], flat: row t predicts token t. */
export function answerLikelihood(logits: Float32Array, answer: ArrayLike<number>): AnswerLikelihood {
  const width = logits.length / answer.length;
  const hits: boolean[] = [];
  let nll = 0;
  for (let t = 0; t < answer.length; t++) {
    const row = logits.subarray(t * width, (t + 1) * width);
    nll += logSumExp(row) - row[answer[t]!]!;
    hits.push(likeliestToken(row) === answer[t]);
  }
  return { nll: nll / answer.length, hits };
}

/** The first of the largest, as argmax has it. */
export function likeliestToken(row: Float32Array): number {
  let best = 0;
  for (let id = 1; id < row.length; id++) if (row[id]! > row[best]!) best = id;
  return best;
}

/** Of every row of flat logits [count, V]. */
export function likeliestTokens(logits: Float32Array, count: number): number[] {
  const width = logits.length / count;
  return Array.from({ length: count }, (_, t) => likeliestToken(logits.subarray(t * width, (t + 1) * width)));
}
