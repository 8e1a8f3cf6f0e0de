/** What is wrong with a list of facts, every fact by its number and name, for people who read. */
import type { Fact, SameKey, SkippedFact } from "../domain/superposition";
import { printable } from "./table";

/** Of a text quoted in a line of its own. */
const LONGEST = 80;

function quoted(text: string): string {
  const letters = [...text];
  return `“${printable(letters.length > LONGEST ? `${letters.slice(0, LONGEST).join("")}…` : text)}”`;
}

export function namedFaults(
  { skipped, sameKeys = [] }: { skipped: readonly SkippedFact[]; sameKeys?: readonly SameKey[] },
  facts: readonly Fact[],
): string[] {
  const named = (index: number): string =>
    `fact ${index + 1} (${quoted(facts[index]!.prompt.replace("{}", () => facts[index]!.subject))})`;
  const subject = ({ index, subject: name }: SkippedFact): string => `fact ${index + 1} (${quoted(name)})`;
  return [
    ...skipped.map((one) => `Left out: ${subject(one)}: ${one.message}`),
    ...sameKeys.map(({ index, of, kind }) =>
      kind === "duplicate"
        ? `Twice in the list: ${named(index)} is fact ${of + 1} again.`
        : `One key: ${named(index)} begins like ${named(of)} up to the subject's end.`,
    ),
  ];
}
