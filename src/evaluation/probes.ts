/**
 * What a model answers to an edit's prompts: probabilities of the new and the true answer (products over the answer's
 * tokens), whether the answer is greedy, and what the model would say instead. Asked in the same words before and
 * after an edit (algorithms.md 19).
 */
import type { EditRequest, Neighbour, Probe, ProbeKind, ProbeSide } from "../domain/edit";
import type { Model } from "../model/model";
import { scoreOfToken } from "../model/tokenChoices";
import { judgeAnswers, type AnswerQuestion } from "./answerLogits";
import { likeliestToken } from "./metrics/answerScores";

export type { AnswerQuestion } from "./answerLogits";

export type AnswerScore = {
  /** Product over the answer's tokens, and the first one alone. */
  p: number;
  pFirst: number;
  logprobs: number[];
  /** Of the answer's first token; 1 is the likeliest. */
  rank: number;
  /** Every token of the answer is the likeliest one at its place. */
  greedy: boolean;
  /** The likeliest next token after the prompt, as text. */
  best: string;
};

type Context = { signal?: AbortSignal | undefined };

/** One score per question, in order. Throws `prompt-too-long`, `cancelled`. */
export const scoreAnswers = (
  model: Model,
  questions: readonly AnswerQuestion[],
  { signal }: Context = {},
): Promise<AnswerScore[]> =>
  judgeAnswers(model, questions, (answer, logits) => scoreOf(model, answer, logits), signal);

/** `logits` [answer tokens, V]. */
function scoreOf(model: Model, answer: Int32Array, logits: Float32Array): AnswerScore {
  const width = logits.length / answer.length;
  const scored = Array.from(answer, (id, t) => scoreOfToken(logits.subarray(t * width, (t + 1) * width), id));
  const logprobs = scored.map(({ logprob }) => logprob);
  return {
    p: Math.exp(logprobs.reduce((sum, logprob) => sum + logprob, 0)),
    pFirst: Math.exp(logprobs[0]!),
    logprobs,
    rank: scored[0]!.rank,
    greedy: scored.every(({ rank }) => rank === 1),
    best: model.tokenizer.tokenText(likeliestToken(logits.subarray(0, width))),
  };
}

/** One prompt of a request, with what is to be compared there. `target` is the answer that should win. */
type ProbePlace = {
  kind: ProbeKind;
  prompt: string;
  target: string;
  answerNew: string;
  answerTrue: string | undefined;
};

export type SidedProbe = { kind: ProbeKind; prompt: string; target: string; side: ProbeSide };

/** Asks everything a request brings: its own prompt, its paraphrases, its neighbours. Throws `cancelled`. */
export async function probeSides(
  model: Model,
  request: EditRequest,
  signal?: AbortSignal,
): Promise<SidedProbe[]> {
  const places = probePlaces(request);
  const questions = places.flatMap(({ prompt, answerNew, answerTrue }) => [
    { prompt, answer: answerNew },
    ...(answerTrue === undefined ? [] : [{ prompt, answer: answerTrue }]),
  ]);
  const scores = await scoreAnswers(model, questions, { signal });
  let at = 0;
  return places.map(({ kind, prompt, target, answerTrue }) => {
    const forNew = scores[at++]!;
    const pTrue = answerTrue === undefined ? null : scores[at++]!.p;
    const side = { pNew: forNew.p, pTrue, newIsGreedy: forNew.greedy, best: forNew.best };
    return { kind, prompt, target, side };
  });
}

function probePlaces(request: EditRequest): ProbePlace[] {
  const { prompt, subject, targetNew: answerNew, targetTrue: answerTrue, paraphrases, neighbours } = request;
  const own = (kind: ProbeKind, text: string): ProbePlace => ({
    kind,
    prompt: text,
    target: answerNew,
    answerNew,
    answerTrue,
  });
  return [
    own(
      "rewrite",
      prompt.replace("{}", () => subject),
    ),
    ...paraphrases.map((text) =>
      own(
        "paraphrase",
        text.replace("{}", () => subject),
      ),
    ),
    ...neighbours.map((neighbour) => ofNeighbour(neighbour, answerNew, answerTrue)),
  ];
}

/** At a neighbour its own answer should stay; without one, the fact's old answer is what neighbours share. */
function ofNeighbour(
  { prompt, subject, target }: Neighbour,
  answerNew: string,
  answerTrue: string | undefined,
): ProbePlace {
  const kept = target ?? answerTrue;
  const text = subject === undefined ? prompt : prompt.replace("{}", () => subject);
  return { kind: "neighbourhood", prompt: text, target: kept ?? answerNew, answerNew, answerTrue: kept };
}

/** The same probes before and after. */
export function pairProbes(before: readonly SidedProbe[], after: readonly SidedProbe[]): Probe[] {
  return before.map(({ kind, prompt, target, side }, index) => ({
    kind,
    prompt,
    target,
    before: side,
    after: after[index]!.side,
  }));
}
