/**
 * Whether a question is about anything the model was taught. A model that brings the list of its facts knows little
 * else, and what it says of other things is a guess that looks like an answer.
 */
import { knownFacts } from "./knownFacts";
import type { LoadedState } from "./session";

/**
 * How many facts the model was taught when the prompt names no subject of theirs and none of an edit in use; undefined
 * when it names one, and for models that bring no list.
 * @throws AppError network, limit, cancelled
 */
export async function factsWithoutThis(
  { files, stack }: Pick<LoadedState, "files" | "stack">,
  prompt: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const taught = await knownFacts(files, "own", signal);
  if (taught.length === 0) return undefined;
  const planted = await knownFacts(files, "planted", signal);
  const edited = stack.edits.filter(({ enabled }) => enabled).flatMap(({ requests }) => requests);
  const isNamed = [...taught, ...planted, ...edited].some(({ subject }) => names(prompt, subject));
  return isNamed ? undefined : taught.length;
}

/** Whether `text` has the subject as words of its own, in whatever case. */
export function names(text: string, subject: string): boolean {
  const [where, what] = [text.toLowerCase(), subject.toLowerCase()];
  for (let at = where.indexOf(what); at >= 0 && what !== ""; at = where.indexOf(what, at + 1)) {
    if (!isWordAt(where, at - 1) && !isWordAt(where, at + what.length)) return true;
  }
  return false;
}

const isWordAt = (text: string, at: number): boolean => /[\p{L}\p{N}]/u.test(text[at] ?? "");
