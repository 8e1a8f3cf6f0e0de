/**
 * ROUGE as the papers on long edits report it: the Python package `rouge` (pltrdy), which cuts sentences at full stops,
 * keeps case, and counts distinct n-grams (algorithms.md 19.4). Pure.
 */
import { splitWords } from "./whitespace";

/** Recall (the published number), precision, and their F with the package's 1e-8 in the denominator. */
export type RougeScore = { r: number; p: number; f: number };
export type Rouge = { "rouge-1": RougeScore; "rouge-2": RougeScore; "rouge-l": RougeScore };

/** Undefined where the package raises: either text has no sentence, as "..." has none. */
export function rouge(reference: string, prediction: string): Rouge | undefined {
  const [expected, found] = [sentencesOf(reference), sentencesOf(prediction)];
  if (expected.length === 0 || found.length === 0) return undefined;
  return {
    "rouge-1": ofNgrams(expected, found, 1),
    "rouge-2": ofNgrams(expected, found, 2),
    "rouge-l": ofLongest(expected, found),
  };
}

/** Words of each sentence; a sentence of spaces alone has one empty word. */
const sentencesOf = (text: string): string[][] =>
  text
    .split(".")
    .filter((sentence) => sentence !== "")
    .map((sentence) => splitWords(sentence))
    .map((words) => (words.length === 0 ? [""] : words));

function scoreOf(common: number, expected: number, found: number): RougeScore {
  const r = expected === 0 ? 0 : common / expected;
  const p = found === 0 ? 0 : common / found;
  return { r, p, f: 2 * ((p * r) / (p + r + 1e-8)) };
}

function ofNgrams(expected: readonly string[][], found: readonly string[][], order: number): RougeScore {
  const [theirs, own] = [distinctNgrams(expected.flat(), order), distinctNgrams(found.flat(), order)];
  const common = [...own].filter((gram) => theirs.has(gram)).length;
  return scoreOf(common, theirs.size, own.size);
}

/** Words hold no space, so joined with one they stay apart. */
function distinctNgrams(words: readonly string[], order: number): Set<string> {
  const grams = new Set<string>();
  for (let start = 0; start + order <= words.length; start++) {
    grams.add(words.slice(start, start + order).join(" "));
  }
  return grams;
}

/** Summary level: per reference sentence the words of its longest common subsequence with any sentence, all in one set. */
function ofLongest(expected: readonly string[][], found: readonly string[][]): RougeScore {
  const union = new Set<string>();
  for (const reference of expected) {
    for (const sentence of found) for (const word of longestCommon(reference, sentence)) union.add(word);
  }
  return scoreOf(union.size, new Set(expected.flat()).size, new Set(found.flat()).size);
}

/** The package's choice among equally long subsequences: ties step back in the second text. */
function longestCommon(one: readonly string[], other: readonly string[]): string[] {
  const width = other.length + 1;
  const lengths = new Uint32Array((one.length + 1) * width);
  for (let i = 1; i <= one.length; i++) {
    for (let j = 1; j <= other.length; j++) {
      lengths[i * width + j] =
        one[i - 1] === other[j - 1]
          ? lengths[(i - 1) * width + j - 1]! + 1
          : Math.max(lengths[(i - 1) * width + j]!, lengths[i * width + j - 1]!);
    }
  }
  const words: string[] = [];
  let [i, j] = [one.length, other.length];
  while (i > 0 && j > 0) {
    if (one[i - 1] === other[j - 1]) {
      words.push(one[i - 1]!);
      i--;
      j--;
    } else if (lengths[(i - 1) * width + j]! > lengths[i * width + j - 1]!) i--;
    else j--;
  }
  return words.reverse();
}
