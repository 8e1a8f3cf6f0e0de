/**
 * Consistency: the angle between what an edited model writes and what is written about the new answer, in weighted words
 * (algorithms.md 19.1; the papers report it times 100). Weights as scikit-learn's vectoriser has them by default. Pure.
 */

/** Two or more letters, digits or underscores of any script. */
const WORD = /(?<![\p{L}\p{N}_])[\p{L}\p{N}_]{2,}/gu;

const wordsOf = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];

/** Words of a corpus with ln((1 + N) / (1 + documents with it)) + 1. */
export type InverseFrequencies = ReadonlyMap<string, number>;

export function inverseFrequencies(corpus: readonly string[]): InverseFrequencies {
  const documents = new Map<string, number>();
  for (const text of corpus) {
    for (const word of new Set(wordsOf(text))) documents.set(word, (documents.get(word) ?? 0) + 1);
  }
  return new Map(
    [...documents].map(([word, count]) => [word, Math.log((1 + corpus.length) / (1 + count)) + 1]),
  );
}

/** Counts times weights, of length one; words outside the corpus are nothing. Empty where none is left. */
export function tfidfVector(text: string, frequencies: InverseFrequencies): Map<string, number> {
  const weights = new Map<string, number>();
  for (const word of wordsOf(text)) {
    const weight = frequencies.get(word);
    if (weight !== undefined) weights.set(word, (weights.get(word) ?? 0) + weight);
  }
  const norm = Math.hypot(...weights.values());
  return new Map([...weights].map(([word, weight]) => [word, weight / norm]));
}

/** Cosine in [0, 1]; undefined where a text has no word of the corpus. */
export function tfidfSimilarity(
  one: string,
  other: string,
  frequencies: InverseFrequencies,
): number | undefined {
  const [left, right] = [tfidfVector(one, frequencies), tfidfVector(other, frequencies)];
  if (left.size === 0 || right.size === 0) return undefined;
  return [...left].reduce((sum, [word, weight]) => sum + weight * (right.get(word) ?? 0), 0);
}
