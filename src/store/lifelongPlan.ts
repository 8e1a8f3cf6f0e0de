/**
 * From a list of facts to a sequence of edits: what is written where, which facts no edit is about, and which the list
 * holds for nothing. Pure.
 */
import type { EditRequest } from "../domain/edit";
import type { Fact, KnownFact, SkippedFact } from "../domain/superposition";
import { spread } from "./factListStore";

/** A fact that is neither written nor watched, by its place in the list. */
export type LeftOut = Pick<SkippedFact, "index" | "subject" | "message">;

export type LifelongPlan = { requests: EditRequest[]; untouched: Fact[]; leftOut: LeftOut[] };

/** Facts that are only watched. */
const UNTOUCHED = 48;

type ListedFact = Fact & Partial<KnownFact>;

/**
 * `count` facts at even distances, each to be given the answer of another fact of its kind (same prompt), with one other
 * wording and one neighbour that stays as it is. The order is a fixed shuffle, so that every kind comes early and late.
 */
export function lifelongPlan(facts: readonly ListedFact[], count: number): LifelongPlan {
  const { whole, leftOut } = parted(facts);
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
  return { requests, untouched, leftOut };
}

/** Facts that a sequence can use, one of each subject, with `{}` in the prompt; and every other one with the reason why not. */
function parted(facts: readonly ListedFact[]): { whole: ListedFact[]; leftOut: LeftOut[] } {
  const placed: ListedFact[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Set<string>();
  facts.forEach((fact, index) => {
    const { subject } = fact;
    const prompt = promptOf(fact);
    const fault = faultOf(fact, prompt);
    const message = fault ?? (seen.has(subject) ? "An earlier fact is about the same subject." : undefined);
    if (message !== undefined) leftOut.push({ index, subject, message });
    if (fault !== undefined) return;
    seen.add(subject);
    placed.push({ ...fact, prompt: prompt! });
  });
  return { whole: distinctSubjects(placed), leftOut };
}

function faultOf({ subject, target }: Fact, prompt: string | undefined): string | undefined {
  if (subject.trim() === "") return "The fact names no subject.";
  if (prompt === undefined) return "The prompt does not hold {} or the subject once.";
  return target === undefined ? "The fact names no answer." : undefined;
}

/** With exactly one `{}`, also where the subject is written out; undefined where its place is not clear. */
function promptOf({ prompt, subject }: Fact): string | undefined {
  if (prompt.split("{}").length === 2) return prompt;
  const pieces = prompt.includes("{}") ? [] : prompt.split(subject);
  return pieces.length === 2 ? pieces.join("{}") : undefined;
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
