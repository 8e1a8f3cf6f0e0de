/**
 * A list of facts as token ids with the place of each key, and everything about the list that must not stay hidden:
 * facts without a key, facts that share one. Nothing is run here.
 */
import type { Fact, FactFault, SameKey, SkippedFact } from "../domain/superposition";
import { locateFactToken, type LocatedText } from "../editing/factToken";
import type { Model } from "../model/model";

export type LocatedFacts = {
  /** Places in the list of the facts that have a key, in order. */
  kept: number[];
  texts: LocatedText[];
  skipped: SkippedFact[];
  sameKeys: SameKey[];
};

/** Every fact either located or named with the reason why not. */
export function locateFacts(
  { tokenizer, config }: Pick<Model, "tokenizer" | "config">,
  facts: readonly Fact[],
): LocatedFacts {
  const found: LocatedFacts = { kept: [], texts: [], skipped: [], sameKeys: [] };
  facts.forEach((fact, index) => {
    const template = templateOf(fact);
    const skip = (reason: FactFault): void => {
      found.skipped.push({
        index,
        subject: fact.subject,
        prompt: fact.prompt,
        reason,
        message: MESSAGES[reason],
      });
    };
    if ("fault" in template) return skip(template.fault);
    const text = locateFactToken(tokenizer, "{}", template.prompt, fact.subject, "subject_last");
    if (text.lookup >= config.contextLength) return skip("prompt-too-long");
    found.kept.push(index);
    found.texts.push(text);
  });
  found.sameKeys = sameKeys(found);
  return found;
}

const MESSAGES: Readonly<Record<FactFault, string>> = {
  "subject-empty": "The fact names no subject.",
  "subject-not-in-prompt": "The prompt has neither {} nor the subject.",
  "subject-ambiguous": "The subject or {} stands more than once in the prompt.",
  "prompt-too-long": "The subject lies beyond what this model reads.",
};

/** The prompt with exactly one `{}`, or what is wrong with it. */
export function templateOf({ prompt, subject }: Fact): { prompt: string } | { fault: FactFault } {
  if (subject.trim() === "") return { fault: "subject-empty" };
  const marked = prompt.split("{}").length - 1;
  if (marked === 1) return { prompt };
  if (marked > 1) return { fault: "subject-ambiguous" };
  const pieces = prompt.split(subject);
  if (pieces.length === 1) return { fault: "subject-not-in-prompt" };
  return pieces.length > 2 ? { fault: "subject-ambiguous" } : { prompt: pieces.join("{}") };
}

/** Facts whose tokens up to the key are those of an earlier one: a causal model gives them one key. */
function sameKeys({ kept, texts }: LocatedFacts): SameKey[] {
  const first = new Map<string, number>();
  return texts.flatMap((text, row): SameKey[] => {
    const beginning = text.ids.subarray(0, text.lookup + 1).join();
    const earlier = first.get(beginning);
    if (earlier === undefined) {
      first.set(beginning, row);
      return [];
    }
    const kind = texts[earlier]!.text === text.text ? "duplicate" : "same-beginning";
    return [{ index: kept[row]!, of: kept[earlier]!, kind }];
  });
}
