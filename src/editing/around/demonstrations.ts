/**
 * IKE's demonstrations (arXiv 2305.12740; algorithms.md section 14): per known fact up to three texts that show what a new
 * fact is to do (copy it, use it when asked in other words, leave a neighbour alone), the ones most like the edit in front.
 */
import { dot, norm } from "../../linalg/norms";
import type { DemonstrationRecord } from "../../domain/edit";

/** `New Fact: p t\nPrompt: x`, as the published code writes it. */
const shown = (fact: string, prompt: string, answer: string): string =>
  `New Fact: ${fact}\nPrompt: ${prompt} ${answer}\n\n`;

/** Record by record: copy, update, retain, each where the record has what it takes. */
export function demonstrationPool(records: readonly DemonstrationRecord[]): string[] {
  return records.flatMap(({ prompt, target, paraphrase, neighbour }) => {
    const fact = `${prompt} ${target}`;
    return [
      shown(fact, prompt, target),
      ...(paraphrase === undefined ? [] : [shown(fact, paraphrase, target)]),
      ...(neighbour === undefined ? [] : [shown(fact, neighbour.prompt, neighbour.answer)]),
    ];
  });
}

/** What an edit is compared with the pool by. */
export const demonstrationQuery = (prompt: string, target: string): string =>
  `New Fact: ${prompt} ${target}\nPrompt: ${prompt}\n\n`;

/** The text put in front of a question: demonstrations, then the new fact. The question's own words follow. */
export const contextOf = (demonstrations: readonly string[], prompt: string, target: string): string =>
  `${demonstrations.join("")}New Fact: ${prompt} ${target}\nPrompt: `;

export type Retrieved = { index: number; score: number };

/** The `count` rows most like a query by cosine, most alike first; of equals the earlier. */
export function retrieve(pool: readonly Float32Array[], query: Float32Array, count: number): Retrieved[] {
  const length = norm(query);
  return pool
    .map((row, index) => ({ index, score: dot(row, query) / (norm(row) * length || 1) }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, count);
}
