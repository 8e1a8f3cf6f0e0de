/** The facts that ship with an embedded model, as questions: every wording with the subject filled in. */
import { legacyRandom } from "../../src/lib/random/legacyRandom";

export type Wordings = { templates: string[]; paraphrases: string[] };
export type ShippedFact = { subject: string; relation: string; target: string; probabilities: number[] };
export type FactList = { relations: Record<string, Wordings>; facts: ShippedFact[] };

export type Question = { fact: ShippedFact; prompt: string; isTrained: boolean };

export const fill = (template: string, subject: string): string => template.replace("{}", () => subject);

/** Every fact in every wording. */
export function everyQuestion({ relations, facts }: FactList): Question[] {
  return facts.flatMap((fact) => {
    const { templates, paraphrases } = relations[fact.relation]!;
    const asked = (wordings: string[], isTrained: boolean): Question[] =>
      wordings.map((template) => ({ fact, prompt: fill(template, fact.subject), isTrained }));
    return [...asked(templates, true), ...asked(paraphrases, false)];
  });
}

/** Every fact once in a trained and once in a held-out wording, drawn by the seed. */
export function oneQuestionEach({ relations, facts }: FactList, seed: number): Question[] {
  const draw = drawer(seed);
  return facts.flatMap((fact) => {
    const { templates, paraphrases } = relations[fact.relation]!;
    return [true, false].map((isTrained): Question => {
      const template = draw.one(isTrained ? templates : paraphrases);
      return { fact, prompt: fill(template, fact.subject), isTrained };
    });
  });
}

export type Drawer = {
  one<Item>(items: readonly Item[]): Item;
  /** `count` different ones, or all there are, in random order. */
  some<Item>(items: readonly Item[], count: number): Item[];
};

export function drawer(seed: number): Drawer {
  const random = legacyRandom(seed);
  const index = (count: number): number => Math.floor(random.uniform() * count);
  return {
    one: (items) => items[index(items.length)]!,
    some(items, count) {
      const left = [...items];
      const wanted = Math.min(count, left.length);
      return Array.from({ length: wanted }, () => left.splice(index(left.length), 1)[0]!);
    },
  };
}

/** Sure of the fact in its first wording, as CounterFact takes only facts the model knows. */
const KNOWN_FROM = 0.5;

/** `count` facts that the model knows and that have another answer to be edited to. */
export function drawKnown({ facts }: FactList, count: number, seed: number): ShippedFact[] {
  const answers = new Map<string, Set<string>>();
  for (const { relation, target } of facts) {
    answers.set(relation, (answers.get(relation) ?? new Set()).add(target));
  }
  const known = facts.filter(
    ({ relation, probabilities }) => probabilities[0]! > KNOWN_FROM && answers.get(relation)!.size > 1,
  );
  return drawer(seed).some(known, count);
}
