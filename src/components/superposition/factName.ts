/** What a fact is called in a sentence. Pure. */
import type { Fact } from "../../domain/superposition";
import { visibleString } from "../../lib/visibleText";

const LONGEST = 40;

/** The subject; with its prompt where the list has that subject more than once. */
export function factName(facts: readonly Fact[], place: number): string {
  const fact = facts[place];
  if (fact === undefined) return "?";
  const isAmbiguous = facts.some((one, at) => at !== place && one.subject === fact.subject);
  const name = isAmbiguous ? fact.prompt.replace("{}", () => fact.subject) : fact.subject;
  const shown = visibleString(name, "none");
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}
