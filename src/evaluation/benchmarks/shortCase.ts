/**
 * A case with short answers, judged token by token under teacher forcing: CounterFact's candidates, EasyEdit's and
 * zsRE's accuracies, and which tokens the model would put at the places that should not change (algorithms.md 19).
 */
import type { BenchmarkCase, BenchmarkQuestion, CaseMeasures, QuestionGroup } from "../../domain/benchmark";
import type { EditRequest } from "../../domain/edit";
import type { Model } from "../../model/model";
import { judgeAnswers } from "../answerLogits";
import { answerLikelihood, likeliestTokens, type AnswerLikelihood } from "../metrics/answerScores";
import { scoreGroup, type Candidates, type GroupScores } from "../metrics/counterfactScores";
import { tokenAccuracy, tokenLocality } from "../metrics/tokenAccuracy";

type Answered = AnswerLikelihood & { predicted: number[] };

/** What one side, before or after, has said. */
export type ShortSide = {
  request: EditRequest;
  /** Answers by the question's own text, so that nothing is asked twice. */
  answers: ReadonlyMap<string, Answered>;
};

const keyOf = ({ prompt, answer }: BenchmarkQuestion): string => JSON.stringify([prompt, answer]);
const fill = (prompt: string, subject: string): string => prompt.replace("{}", () => subject);

/** Asks everything that the case brings. Throws `prompt-too-long`, `cancelled`. */
export async function askShort(model: Model, one: BenchmarkCase, signal?: AbortSignal): Promise<ShortSide> {
  const questions = new Map(allQuestions(one).map((question) => [keyOf(question), question]));
  const answered = await judgeAnswers(
    model,
    [...questions.values()],
    (answer, logits): Answered => ({ ...answerLikelihood(logits, answer), predicted: likeliestTokens(logits, answer.length) }), // prettier-ignore
    signal,
  );
  return {
    request: one.request,
    answers: new Map([...questions.keys()].map((key, at) => [key, answered[at]!])),
  };
}

function allQuestions(one: BenchmarkCase): BenchmarkQuestion[] {
  const { request, portability, locality } = one;
  const candidates = promptsOf(request).flatMap(({ prompt, newAnswer, trueAnswer }) => [
    ...(newAnswer === undefined ? [] : [{ prompt, answer: newAnswer }]),
    ...(trueAnswer === undefined ? [] : [{ prompt, answer: trueAnswer }]),
  ]);
  return [...candidates, ...[...portability, ...locality].flatMap(({ questions }) => questions)];
}

type Asked = {
  kind: "rewrite" | "paraphrase" | "neighbourhood";
  prompt: string;
  newAnswer: string | undefined;
  trueAnswer: string | undefined;
};

function promptsOf({
  prompt,
  subject,
  targetNew,
  targetTrue,
  paraphrases,
  neighbours,
}: EditRequest): Asked[] {
  const about = (kind: "rewrite" | "paraphrase", text: string): Asked => ({ kind, prompt: fill(text, subject), newAnswer: targetNew, trueAnswer: targetTrue }); // prettier-ignore
  return [
    about("rewrite", prompt),
    ...paraphrases.map((text) => about("paraphrase", text)),
    ...neighbours.map(({ prompt: text, subject: own, target = targetTrue }): Asked => ({
      kind: "neighbourhood",
      prompt: own === undefined ? text : fill(text, own),
      newAnswer: targetNew,
      trueAnswer: target,
    })),
  ];
}

/** Measures of one side; `before` is that side's twin on the untouched model, for what should stay. */
export function measureShort(one: BenchmarkCase, side: ShortSide, before: ShortSide): CaseMeasures {
  const measures: CaseMeasures = {};
  const put = (name: string, value: number | undefined): void => {
    if (value !== undefined && !Number.isNaN(value)) measures[name] = value;
  };
  const asked = promptsOf(one.request);
  for (const kind of ["rewrite", "paraphrase", "neighbourhood"] as const) {
    const prompts = asked.filter((prompt) => prompt.kind === kind);
    const wanted = kind === "neighbourhood" ? "true" : "new";
    put(`${kind}_accuracy`, meanOf(prompts.flatMap((prompt) => accuracyAt(side, prompt.prompt, wanted === "new" ? prompt.newAnswer : prompt.trueAnswer)))); // prettier-ignore
    const scores = scoreGroup(prompts.flatMap((prompt) => candidatesAt(side, prompt)), wanted); // prettier-ignore
    putScores(put, kind, scores);
  }
  putGroups(put, "portability", one.portability, (question) =>
    accuracyAt(side, question.prompt, question.answer),
  );
  putGroups(put, "specificity", one.locality, (question) =>
    accuracyAt(side, question.prompt, question.answer),
  );
  putGroups(put, "locality", [...one.locality, ...neighbourGroup(asked)], (question) => localityAt(side, before, question)); // prettier-ignore
  return measures;
}

function putScores(
  put: (name: string, value: number | undefined) => void,
  kind: string,
  scores: GroupScores | undefined,
): void {
  put(`${kind}_success`, scores?.success);
  put(`${kind}_diff`, scores?.diff);
  put(`${kind}_exact`, scores?.accuracy);
}

const neighbourGroup = (asked: readonly Asked[]): QuestionGroup[] => {
  const questions = asked.flatMap(({ kind, prompt, trueAnswer }) => kind === "neighbourhood" && trueAnswer !== undefined ? [{ prompt, answer: trueAnswer }] : []); // prettier-ignore
  return questions.length === 0 ? [] : [{ kind: "neighbours", questions }];
};

/** Mean per sub-type, and the mean over the sub-types, as KnowEdit has it. */
function putGroups(
  put: (name: string, value: number | undefined) => void,
  name: string,
  groups: readonly QuestionGroup[],
  value: (question: BenchmarkQuestion) => number[],
): void {
  const means = groups.map(({ kind, questions }) => ({ kind, mean: meanOf(questions.flatMap(value)) }));
  for (const { kind, mean } of means) put(`${name}.${kind}`, mean);
  put(name, meanOf(means.flatMap(({ mean }) => mean ?? [])));
}

function accuracyAt({ answers }: ShortSide, prompt: string, answer: string | undefined): number[] {
  if (answer === undefined) return [];
  return [tokenAccuracy(answers.get(keyOf({ prompt, answer }))!.hits)];
}

const localityAt = (side: ShortSide, before: ShortSide, question: BenchmarkQuestion): number[] => [
  tokenLocality(before.answers.get(keyOf(question))!.predicted, side.answers.get(keyOf(question))!.predicted),
];

function candidatesAt({ answers }: ShortSide, { prompt, newAnswer, trueAnswer }: Asked): Candidates[] {
  if (newAnswer === undefined || trueAnswer === undefined) return [];
  const of = (answer: string): Answered => answers.get(keyOf({ prompt, answer }))!;
  return [{ new: of(newAnswer), true: of(trueAnswer) }];
}

const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
