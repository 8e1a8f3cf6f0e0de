/** BLEU as the papers on long edits report it: nltk's sentence BLEU given raw strings, so of characters. Pure. */

const ORDERS = 4;
/** What nltk takes for a precision of zero, so that its logarithm exists: Python's smallest normal float. */
const SMALLEST = 2.2250738585072014e-308;

/**
 * Character BLEU-4 in [0, 1], uniform weights, brevity penalty, no smoothing (algorithms.md 19.4). No common character
 * gives 0; a missing longer n-gram gives a number below 1e-70, as in nltk.
 */
export function characterBleu(reference: string, prediction: string): number {
  const [expected, found] = [[...reference], [...prediction]];
  const logs: number[] = [];
  for (let order = 1; order <= ORDERS; order++) {
    const own = countNgrams(found, order);
    const theirs = countNgrams(expected, order);
    const common = [...own].reduce((sum, [gram, count]) => sum + Math.min(count, theirs.get(gram) ?? 0), 0);
    if (order === 1 && common === 0) return 0;
    const total = Math.max(1, found.length - order + 1);
    logs.push(Math.log(common === 0 ? SMALLEST : common / total));
  }
  const brevity = found.length > expected.length ? 1 : Math.exp(1 - expected.length / found.length);
  return brevity * Math.exp(logs.reduce((sum, log) => sum + log, 0) / ORDERS);
}

function countNgrams(characters: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= characters.length; start++) {
    const gram = characters.slice(start, start + order).join("");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}
