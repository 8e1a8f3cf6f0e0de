/** Facts of a list that have no key, or none of their own, each with its reason. */
import type { Fact, SameKey, SkippedFact } from "../../domain/superposition";
import { visibleString } from "../../lib/visibleText";
import { factName } from "./factName";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

type FaultyFactsProps = {
  skipped: readonly Pick<SkippedFact, "index" | "subject" | "message">[];
  /** By places in `facts`. */
  sameKeys?: readonly SameKey[];
  facts?: readonly Fact[];
};

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export function FaultyFacts({ skipped, sameKeys = [], facts = [] }: FaultyFactsProps) {
  if (skipped.length === 0 && sameKeys.length === 0) return null;
  const left = skipped.length === 0 ? [] : [counted(skipped.length, "fact left out", "facts left out")];
  const same = `${counted(sameKeys.length, "shares", "share")} a key with an earlier one`;
  return (
    <details className={layout.soft}>
      <summary>{[...left, ...(sameKeys.length === 0 ? [] : [same])].join(", ")}</summary>
      <ul className={styles.faults} tabIndex={0} aria-label="Facts with a fault">
        {skipped.map(({ index, subject, message }) => (
          <li key={`s${index}`}>
            fact {index + 1} (“{visibleString(subject, "none")}”): {message}
          </li>
        ))}
        {sameKeys.map(({ index, of, kind }) => (
          <li key={`k${index}`}>
            {factName(facts, index)} and {factName(facts, of)}:{" "}
            {kind === "duplicate" ? "the same fact twice" : "the same words up to the subject’s end"}, so p is
            1 whatever the model knows
          </li>
        ))}
      </ul>
    </details>
  );
}
