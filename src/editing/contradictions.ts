/** What the user should know of requests that cannot all hold: one question with two answers. */
import type { EditRequest } from "../domain/edit";

/** Beyond this many a list helps nobody. */
const MOST_NAMED = 5;

/** A sentence for each question that a request answers otherwise than an earlier one. */
export function contradictions(requests: readonly EditRequest[]): string[] {
  const answers = new Map<string, string>();
  const found: string[] = [];
  for (const { prompt, subject, targetNew } of requests) {
    const question = prompt.replace("{}", () => subject).trim();
    const answer = targetNew.trim();
    const earlier = answers.get(question);
    if (earlier === undefined) answers.set(question, answer);
    else if (earlier !== answer)
      found.push(
        `“${question}” is to be answered both “${earlier}” and “${answer}”: one of them can hold at most.`,
      );
  }
  const rest = found.length - MOST_NAMED;
  return rest > 0 ? [...found.slice(0, MOST_NAMED), `${rest} more requests contradict earlier ones.`] : found;
}
