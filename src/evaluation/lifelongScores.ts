/** What a model still answers after many edits: all of them, by age, and facts that none was about. */
import type { EditRequest } from "../domain/edit";
import type { AnswerMeans, LifelongPoint } from "../domain/lifelong";
import type { Model } from "../model/model";
import { scoreAnswers, type AnswerQuestion, type AnswerScore } from "./probes";

export type LifelongScores = Pick<
  LifelongPoint,
  "efficacy" | "paraphrases" | "neighbourhood" | "untouched" | "retention"
>;

/** `age`: how many requests one entry of `retention` spans. Throws `prompt-too-long`, `cancelled`. */
export async function scoreLifelong(
  model: Model,
  requests: readonly EditRequest[],
  untouched: readonly AnswerQuestion[],
  age: number,
  signal?: AbortSignal,
): Promise<LifelongScores> {
  const ask = (questions: readonly AnswerQuestion[]) => scoreAnswers(model, questions, { signal });
  const rewrites = await ask(requests.map(({ prompt, subject, targetNew }) => ({ prompt: fill(prompt, subject), answer: targetNew }))); // prettier-ignore
  const retention = [];
  for (let from = 0; from < requests.length; from += age) {
    const to = Math.min(from + age, requests.length);
    retention.push({ from, to, ...meansOf(rewrites.slice(from, to))! });
  }
  return {
    efficacy: meansOf(rewrites),
    paraphrases: meansOf(await ask(requests.flatMap(paraphrasesOf))),
    neighbourhood: meansOf(await ask(requests.flatMap(neighboursOf))),
    untouched: meansOf(await ask(untouched)),
    retention,
  };
}

const fill = (prompt: string, subject: string): string => prompt.replace("{}", () => subject);

const paraphrasesOf = ({ paraphrases, subject, targetNew }: EditRequest): AnswerQuestion[] =>
  paraphrases.map((prompt) => ({ prompt: fill(prompt, subject), answer: targetNew }));

/** Those whose own answer is known. */
const neighboursOf = ({ neighbours, targetTrue }: EditRequest): AnswerQuestion[] =>
  neighbours.flatMap(({ prompt, subject, target = targetTrue }) =>
    target === undefined
      ? []
      : [{ prompt: subject === undefined ? prompt : fill(prompt, subject), answer: target }],
  );

function meansOf(scores: readonly AnswerScore[]): AnswerMeans | null {
  const count = scores.length;
  if (count === 0) return null;
  const p = scores.reduce((sum, score) => sum + score.p, 0) / count;
  return { p, greedy: scores.filter(({ greedy }) => greedy).length / count, count };
}
