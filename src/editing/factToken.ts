/**
 * Texts made of a context, a prompt and a subject, as token ids with the position an edit acts on.
 * The whole text is tokenised once and the position found by character offsets (algorithms.md 0.4, recommended form),
 * so that it does not depend on how a tokenizer cuts pieces.
 */
import type { EditRequest, RomeSettings } from "../domain/edit";
import { AppError, invariant } from "../lib/errors";
import type { Tokenizer } from "../model/tokenizer/tokenizer";

export type FactToken = RomeSettings["factToken"];

/** A text's tokens, and the position whose state is read or changed. */
export type LocatedText = { text: string; ids: Int32Array; lookup: number };

/** Throws AppError `bad-request` when the request cannot be edited, naming the field. */
export function checkRequest({ prompt, subject, targetNew }: EditRequest): void {
  if (prompt.split("{}").length !== 2) {
    throw refuse("prompt", `The prompt “${prompt}” must contain {} exactly once, where the subject stands.`);
  }
  if (/\s$/.test(prompt)) throw refuse("prompt", "The prompt ends with a space; the answer brings its own.");
  if (subject.trim() === "") throw refuse("subject", "The subject is empty.");
  if (targetNew.trim() === "") throw refuse("target", "The new answer is empty.");
}

/**
 * Throws AppError `prompt-too-long` when a request in its longest context, with its answer, does not fit the model: told
 * before any work.
 */
export function checkLength(
  tokenizer: Tokenizer,
  { prompt, subject, targetNew }: EditRequest,
  contexts: readonly string[],
  contextLength: number,
): void {
  const answer = answerIds(tokenizer, targetNew).length;
  for (const context of contexts) {
    const text = fill(context, fill(prompt, subject));
    const positions = withoutEndTokens(tokenizer, text).ids.length + answer - 1;
    if (positions <= contextLength) continue;
    throw new AppError(
      "prompt-too-long",
      `The prompt about “${subject.slice(0, 60)}” with its new answer has ${positions} tokens; this model reads at most ${contextLength}.`,
      "Shorten the prompt or the answer.",
      { positions, contextLength, field: "target" },
    );
  }
}

function refuse(field: string, message: string): AppError {
  return new AppError("bad-request", message, "Change the request and try again.", { field });
}

/**
 * context(prompt(subject)) tokenised, with the position of the fact token. Both templates have one `{}`; nothing
 * follows the prompt, so `last` is the last token of the text.
 */
export function locateFactToken(
  tokenizer: Tokenizer,
  context: string,
  prompt: string,
  subject: string,
  factToken: FactToken,
): LocatedText {
  const start = placeholder(context) + placeholder(prompt);
  const text = fill(context, fill(prompt, subject));
  const { ids, tokens } = withoutEndTokens(tokenizer, text);
  const touched = tokens.flatMap((token, index) =>
    token.start < start + subject.length && token.end > start ? [index] : [],
  );
  const [first, last] = [touched[0], touched.at(-1)];
  invariant(first !== undefined && last !== undefined, `no token of “${text}” touches the subject`);
  const places: Record<FactToken, number> = {
    subject_first: first,
    subject_last: last,
    // ROME falls back to the subject's last token when nothing follows it.
    subject_first_after_last: Math.min(last + 1, ids.length - 1),
    last: ids.length - 1,
  };
  return { text, ids, lookup: places[factToken] };
}

/** Ids of an answer that continues a text: with its leading space, without special tokens. */
export function answerIds(tokenizer: Tokenizer, answer: string): Int32Array {
  const text = answer.startsWith(" ") ? answer : ` ${answer}`;
  return tokenizer.encode(text, { specials: false }).ids;
}

function placeholder(template: string): number {
  const at = template.indexOf("{}");
  invariant(at >= 0, `the template “${template}” has no {}`);
  return at;
}

/** Not `replace`: a text may hold `$&`. */
function fill(template: string, text: string): string {
  const at = placeholder(template);
  return template.slice(0, at) + text + template.slice(at + 2);
}

/** Some tokenizers close every text with a special token; the answer has to follow the text itself. */
export function withoutEndTokens(tokenizer: Tokenizer, text: string): ReturnType<Tokenizer["encode"]> {
  const { ids, tokens } = tokenizer.encode(text);
  let length = ids.length;
  while (length > tokenizer.leadingSpecials && isAddedAtEnd(tokenizer, tokens[length - 1]!)) length--;
  return { ids: ids.slice(0, length), tokens: tokens.slice(0, length) };
}

const isAddedAtEnd = (tokenizer: Tokenizer, token: { id: number; start: number; end: number }): boolean =>
  token.start === token.end && tokenizer.isSpecial(token.id);
