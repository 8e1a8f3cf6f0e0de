/**
 * ROME on single facts as CounterFact scores it (algorithms.md 19.1): after each edit, is the new answer likelier than
 * the true one in the edited wording (efficacy) and in held-out ones (paraphrase), and do other subjects keep theirs
 * (neighbourhood)? Likelier means the higher mean log-probability per token. Every edit is undone before the next.
 */
import type { EditRequest } from "../../src/domain/edit";
import { computeEdit } from "../../src/editing/computeEdit";
import type { EditStack } from "../../src/editing/stack";
import type { Statistics } from "../../src/editing/statistics";
import { scoreAnswers } from "../../src/evaluation/probes";
import type { Model } from "../../src/model/model";
import { drawer, fill, type FactList, type ShippedFact } from "./factList";

export type RomeCase = { fact: ShippedFact; request: EditRequest };

/** Counts of questions that came out as they should, and of those asked. */
export type RomeRow = {
  subject: string;
  relation: string;
  target: string;
  efficacy: boolean;
  /** Probability of the new answer in the edited wording. */
  p: number;
  paraphrases: [right: number, asked: number];
  neighbours: [right: number, asked: number];
};

export type RomeSummary = { edits: number; efficacy: number; paraphrase: number; neighbourhood: number };

const NEIGHBOURS = 5;

/** A false answer of the same relation, held-out wordings, and neighbours, those with the same answer first. */
export function romeCases(list: FactList, facts: readonly ShippedFact[], seed: number): RomeCase[] {
  const draw = drawer(seed);
  return facts.map((fact) => {
    const { templates, paraphrases } = list.relations[fact.relation]!;
    const others = list.facts.filter(
      ({ relation, subject }) => relation === fact.relation && subject !== fact.subject,
    );
    const answers = [...new Set(others.map(({ target }) => target))].filter(
      (answer) => answer !== fact.target,
    );
    const targetNew = draw.one(answers);
    const same = others.filter(({ target }) => target === fact.target);
    const rest = others.filter(({ target }) => target !== targetNew);
    const neighbours = draw.some(same.length > 0 ? same : rest, NEIGHBOURS);
    const request: EditRequest = {
      prompt: templates[0]!,
      subject: fact.subject,
      targetNew,
      targetTrue: fact.target,
      paraphrases: paraphrases.map((template) => fill(template, fact.subject)),
      neighbours: neighbours.map(({ subject, target }) => ({
        prompt: fill(draw.one(templates), subject),
        subject,
        target,
      })),
    };
    return { fact, request };
  });
}

type Inputs = { contexts: readonly string[]; statistics: Statistics; layer?: number };

/** Edits one fact with the lab's default settings, asks, and takes the edit back. */
export async function romeRow(
  model: Model,
  stack: EditStack,
  { fact, request }: RomeCase,
  { contexts, statistics, layer }: Inputs,
): Promise<RomeRow> {
  const settings = layer === undefined ? {} : { layer };
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  const call = { method: "ROME" as const, requests: [request], settings, seed: 1 };
  const { edit } = await computeEdit(model, call, { ...context, contexts, statistics });
  const id = await stack.add(edit);
  const { targetNew } = request;
  const own = [fill(request.prompt, fact.subject), ...request.paraphrases].map((prompt) => ({
    prompt,
    wanted: targetNew,
    other: fact.target,
  }));
  const near = request.neighbours.map(({ prompt, target }) => ({
    prompt,
    wanted: target!,
    other: targetNew,
  }));
  const asked = [...own, ...near];
  const scores = await scoreAnswers(
    model,
    asked.flatMap(({ prompt, wanted, other }) => [
      { prompt, answer: wanted },
      { prompt, answer: other },
    ]),
  );
  await stack.remove(id);
  const mean = (logprobs: number[]): number => logprobs.reduce((sum, one) => sum + one, 0) / logprobs.length;
  const right = asked.map(
    (_, index) => mean(scores[2 * index]!.logprobs) > mean(scores[2 * index + 1]!.logprobs),
  );
  const count = (part: boolean[]): [number, number] => [part.filter(Boolean).length, part.length];
  return {
    subject: fact.subject,
    relation: fact.relation,
    target: targetNew,
    efficacy: right[0]!,
    p: scores[0]!.p,
    paraphrases: count(right.slice(1, own.length)),
    neighbours: count(right.slice(own.length)),
  };
}

/** Shares over all questions of a kind. */
export function romeSummary(rows: readonly RomeRow[]): RomeSummary {
  const share = (pick: (row: RomeRow) => [number, number]): number => {
    const pairs = rows.map(pick);
    return pairs.reduce((sum, [right]) => sum + right, 0) / pairs.reduce((sum, [, asked]) => sum + asked, 0);
  };
  return {
    edits: rows.length,
    efficacy: rows.filter(({ efficacy }) => efficacy).length / rows.length,
    paraphrase: share(({ paraphrases }) => paraphrases),
    neighbourhood: share(({ neighbours }) => neighbours),
  };
}
