/**
 * What a model answers to an edit's prompts: probabilities of the new and the true answer (products over the answer's
 * tokens), whether the answer is greedy, and what the model would say instead. Asked in the same words before and
 * after an edit (algorithms.md 19).
 */
import type { EditRequest, Neighbour, Probe, ProbeKind, ProbeSide } from "../domain/edit";
import { answerIds, withoutEndTokens } from "../editing/factToken";
import { flatRow, rightPadded } from "../editing/rightPadded";
import { dispose, read } from "../gpu/tensor";
import { assertFiniteAnswer } from "../lib/finite";
import { forwardWithPauses } from "../model/forward";
import type { Model } from "../model/model";
import { scoreOfToken } from "../model/tokenChoices";

export type AnswerQuestion = { prompt: string; answer: string };

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

/** Questions run together. */
const BATCH = 16;

type Context = { signal?: AbortSignal | undefined };

/** One score per question, in order. Throws `prompt-too-long`, `cancelled`. */
export async function scoreAnswers(
  model: Model,
  questions: readonly AnswerQuestion[],
  { signal }: Context = {},
): Promise<AnswerScore[]> {
  const scores: AnswerScore[] = [];
  for (let first = 0; first < questions.length; first += BATCH) {
    scores.push(...(await scoreBatch(model, questions.slice(first, first + BATCH), signal)));
  }
  return scores;
}

async function scoreBatch(
  model: Model,
  questions: readonly AnswerQuestion[],
  signal: AbortSignal | undefined,
): Promise<AnswerScore[]> {
  const rows = questions.map(({ prompt, answer }) => {
    const before = withoutEndTokens(model.tokenizer, prompt).ids;
    const answerTokens = answerIds(model.tokenizer, answer);
    return { before, answerTokens, ids: [...before, ...answerTokens.subarray(0, -1)] };
  });
  const tokens = rightPadded(rows.map(({ ids }) => ids));
  const places = rows.flatMap(({ before, answerTokens }, row) =>
    Array.from(answerTokens, (_, t) => flatRow(tokens, row, before.length - 1 + t)),
  );
  const { residual, logits } = await forwardWithPauses(model, tokens, {
    logitsAt: Int32Array.from(places),
    signal,
  });
  dispose(residual);
  const values = await read(logits!);
  dispose(logits);
  assertFiniteAnswer(values);
  const width = values.length / places.length;
  let at = 0;
  return rows.map(({ answerTokens }) => {
    const first = at;
    at += answerTokens.length;
    return scoreOf(model, answerTokens, values.subarray(first * width, at * width));
  });
}

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
    best: model.tokenizer.tokenText(likeliest(logits.subarray(0, width))),
  };
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
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
