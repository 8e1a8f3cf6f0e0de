/** Fluency: how varied a text's pairs and triples of words are (algorithms.md 19.1; the papers report it times 100). Pure. */
import { sentences } from "./sentences";
import { wordTokens } from "./wordTokens";

/** H = −Σ f log₂ f over distinct n-grams; 0 where there is none. */
export function entropyOf(tokens: readonly string[], order: number): number {
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= tokens.length; start++) {
    const gram = tokens.slice(start, start + order).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  const total = tokens.length - order + 1;
  return (
    -[...counts.values()].reduce((sum, count) => sum + (count / total) * Math.log2(count / total), 0) || 0
  );
}

/** H₂/3 + 2 H₃/3 in bits; low where a model repeats itself. */
export function ngramEntropy(text: string): number {
  const tokens = sentences(text).flatMap(wordTokens);
  return entropyOf(tokens, 2) / 3 + (2 * entropyOf(tokens, 3)) / 3;
}

/** Of several texts; NaN of none. */
export const meanNgramEntropy = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + ngramEntropy(text), 0) / texts.length;
