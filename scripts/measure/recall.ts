/** How many questions about its facts a model answers rightly: the whole answer greedy, and its mean probability. */
import { scoreAnswers } from "../../src/evaluation/probes";
import type { Model } from "../../src/model/model";
import type { Question } from "./factList";

export type RecallSummary = { questions: number; top1: number; meanProbability: number };
export type Recall = {
  trained: RecallSummary;
  heldOut: RecallSummary;
  /** Share of greedy answers per relation, trained and held-out. */
  byRelation: Record<string, { trained: number; heldOut: number }>;
};

type Answered = Question & { p: number; greedy: boolean };

/** Runs questions of like length together; `onProgress` hears how many are answered. */
export async function recall(
  model: Model,
  questions: readonly Question[],
  onProgress: (done: number) => void = () => undefined,
): Promise<Recall> {
  const ordered = questions.toSorted((a, b) => a.prompt.length - b.prompt.length);
  const answered: Answered[] = [];
  const portion = 512;
  for (let first = 0; first < ordered.length; first += portion) {
    const part = ordered.slice(first, first + portion);
    const asked = part.map(({ fact, prompt }) => ({ prompt, answer: fact.target }));
    const scores = await scoreAnswers(model, asked);
    answered.push(
      ...part.map((question, index) => {
        const { p, greedy } = scores[index]!;
        return { ...question, p, greedy };
      }),
    );
    onProgress(answered.length);
  }
  const relations = [...new Set(answered.map(({ fact }) => fact.relation))].sort();
  const byRelation = relations.map((relation) => {
    const own = answered.filter(({ fact }) => fact.relation === relation);
    return [relation, { trained: summary(own, true).top1, heldOut: summary(own, false).top1 }] as const;
  });
  return {
    trained: summary(answered, true),
    heldOut: summary(answered, false),
    byRelation: Object.fromEntries(byRelation),
  };
}

function summary(answered: readonly Answered[], isTrained: boolean): RecallSummary {
  const own = answered.filter((one) => one.isTrained === isTrained);
  const mean = (value: (one: Answered) => number): number =>
    own.reduce((sum, one) => sum + value(one), 0) / own.length;
  return {
    questions: own.length,
    top1: mean(({ greedy }) => (greedy ? 1 : 0)),
    meanProbability: mean(({ p }) => p),
  };
}
