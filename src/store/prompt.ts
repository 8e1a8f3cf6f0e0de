/** Pure questions about a prompt: where a subject stands, what a careful teacher would warn of. No state. */
import type { Token } from "../domain/model";

/** Character span (UTF-16), end exclusive. */
export type Span = { start: number; end: number };

export type PromptWarning =
  "empty" | "trailing-space" | "no-subject" | "subject-at-end" | "answer-is-punctuation" | "line-break";

const WORD_CHARACTER = /[\p{L}\p{N}]/u;

/** Every place where `subject` stands as whole words. */
export function occurrences(text: string, subject: string): Span[] {
  const wanted = subject.trim();
  if (wanted === "") return [];
  const found: Span[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const before = text[at - 1];
    const after = text[at + wanted.length];
    const isWhole =
      (before === undefined || !WORD_CHARACTER.test(before)) &&
      (after === undefined || !WORD_CHARACTER.test(after));
    if (isWhole) found.push({ start: at, end: at + wanted.length });
  }
  return found;
}

/** The characters that tokens `first`…`last` cover, without the white space around them. */
export function spanOfTokens(
  text: string,
  tokens: readonly Token[],
  first: number,
  last: number,
): Span | undefined {
  const from = tokens[Math.min(first, last)];
  const to = tokens[Math.max(first, last)];
  if (from === undefined || to === undefined) return undefined;
  let { start } = from;
  let { end } = to;
  while (start < end && /\s/u.test(text.charAt(start))) start++;
  while (end > start && /\s/u.test(text.charAt(end - 1))) end--;
  return start < end ? { start, end } : undefined;
}

/** Positions of the tokens that overlap a character span; empty special tokens overlap nothing. */
export function tokensInSpan(
  tokens: readonly Token[],
  span: Span,
): { first: number; last: number } | undefined {
  const inside = tokens.flatMap((token, position) =>
    token.start < token.end && token.start < span.end && token.end > span.start ? [position] : [],
  );
  const first = inside[0];
  const last = inside.at(-1);
  return first === undefined || last === undefined ? undefined : { first, last };
}

const LEADING_WORDS = new Set([
  "The",
  "A",
  "An",
  "In",
  "On",
  "At",
  "Of",
  "People",
  "What",
  "Where",
  "Who",
  "It",
  "My",
]);

/** A first guess at the subject: the longest run of capitalised words or numbers. */
export function guessSubject(text: string): Span | undefined {
  const words = [...text.matchAll(/\S+/gu)].map((match) => ({ word: match[0], start: match.index }));
  let best: Span | undefined;
  let current: Span | undefined;
  for (const { word, start } of words) {
    const bare = word.replace(/[.,;:!?]+$/u, "");
    const isName = /^[\p{Lu}\p{N}]/u.test(bare) && !(current === undefined && LEADING_WORDS.has(bare));
    if (isName) current = { start: current?.start ?? start, end: start + bare.length };
    if (
      current !== undefined &&
      (best === undefined || current.end - current.start > best.end - best.start)
    ) {
      best = current;
    }
    if (!isName || bare !== word) current = undefined;
  }
  return best;
}

/** What would make the answer hard to read: checked while the user types, so that no run is wasted. */
export function promptWarnings(
  text: string,
  subject: Span | undefined,
  answer: string | undefined,
): PromptWarning[] {
  if (text.trim() === "") return ["empty"];
  const warnings: PromptWarning[] = [];
  if (/\s$/u.test(text)) warnings.push(/[\n\r]\s*$/u.test(text) ? "line-break" : "trailing-space");
  if (subject === undefined) warnings.push("no-subject");
  else if (subject.end >= text.trimEnd().length) warnings.push("subject-at-end");
  if (answer !== undefined && !WORD_CHARACTER.test(answer)) warnings.push("answer-is-punctuation");
  return warnings;
}

/** The prompt with `{}` in the subject's place, as an edit request states it. */
export function toTemplate(text: string, subject: Span): string {
  return `${text.slice(0, subject.start)}{}${text.slice(subject.end)}`;
}
