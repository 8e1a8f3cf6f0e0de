/** From a list of facts to a sequence of edits: what is written where, and which facts no edit is about. Pure. */
import type { EditRequest } from "../domain/edit";
import type { Fact, KnownFact } from "../domain/superposition";
import { spread } from "./factListStore";

export type LifelongPlan = { requests: EditRequest[]; untouched: Fact[] };

/** Facts that are only watched. */
const UNTOUCHED = 48;

const isWhole = (fact: Fact): boolean =>
  fact.target !== undefined && fact.prompt.split("{}").length === 2 && fact.subject.trim() !== "";

/**
 * `count` facts at even distances, each to be given the answer of another fact of its kind (same prompt), with one other
 * wording and one neighbour that stays as it is. The order is a fixed shuffle, so that every kind comes early and late.
 */
export function lifelongPlan(facts: readonly (Fact & Partial<KnownFact>)[], count: number): LifelongPlan {
  const whole = distinctSubjects(facts.filter(isWhole));
  const kinds = byPrompt(whole);
  const usable = whole.filter(({ prompt, target }) =>
    kinds.get(prompt)!.some((one) => one.target !== target),
  );
  const chosen = shuffled(spread(usable, count));
  const edited = new Set(chosen.map(({ subject }) => subject));
  const rest = whole.filter(({ subject }) => !edited.has(subject));
  const requests = chosen.map((fact, at): EditRequest => {
    const kin = kinds.get(fact.prompt)!;
    const others = [...new Set(kin.map(({ target }) => target!))].filter((target) => target !== fact.target);
    const neighbours = kin.filter(({ subject }) => !edited.has(subject));
    const neighbour = neighbours[at % Math.max(1, neighbours.length)];
    return {
      prompt: fact.prompt,
      subject: fact.subject,
      targetNew: others[(7 * at + 3) % others.length]!,
      targetTrue: fact.target!,
      paraphrases: fact.paraphrases?.slice(0, 1) ?? [],
      neighbours: neighbour
        ? [{ prompt: neighbour.prompt, subject: neighbour.subject, target: neighbour.target! }]
        : [],
    };
  });
  const untouched = spread(rest, UNTOUCHED).map(({ prompt, subject, target }) => ({
    prompt,
    subject,
    target: target!,
  }));
  return { requests, untouched };
}

function byPrompt<One extends Fact>(facts: readonly One[]): Map<string, One[]> {
  const kinds = new Map<string, One[]>();
  for (const fact of facts) kinds.set(fact.prompt, [...(kinds.get(fact.prompt) ?? []), fact]);
  return kinds;
}

function distinctSubjects<One extends Fact>(facts: readonly One[]): One[] {
  return [...new Map(facts.toReversed().map((fact) => [fact.subject, fact])).values()].reverse();
}

/** Fisher-Yates with a fixed linear congruence: the same order every time. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const order = [...items];
  let state = 1;
  for (let at = order.length - 1; at > 0; at--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}
