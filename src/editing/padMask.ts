/**
 * What FT-M's published loss mask makes of a batch padded on the right (algorithms.md 10.2): it leaves out as many tokens
 * as a row's prompt and padding have together, counted from the row's beginning. A shorter row so loses the first tokens of
 * its answer and learns as many tokens of its padding.
 */
import type { ScoredText } from "./answerLoss";

/** `texts` end before their last label, as teacher-forced ones do; batches are runs of `batchSize`. */
export function maskedByPads(texts: readonly ScoredText[], batchSize: number, padding: number): ScoredText[] {
  return texts.map((text, at) => {
    const first = at - (at % batchSize);
    const batch = texts.slice(first, first + batchSize);
    return masked(text, Math.max(...batch.map(({ ids }) => ids.length)) + 1, padding);
  });
}

/** `length`: of the batch's longest row. */
function masked(text: ScoredText, length: number, padding: number): ScoredText {
  const textLength = text.ids.length + 1;
  const pads = length - textLength;
  if (pads === 0) return text;
  const row = new Int32Array(length).fill(padding);
  row.set(text.ids);
  row.set(text.labels.subarray(-1), text.ids.length);
  const first = text.places[0]! + 1 + pads;
  return {
    // Nothing is predicted from the last position.
    ids: row.slice(0, -1),
    places: Array.from(text.labels, (_, t) => first - 1 + t),
    labels: row.slice(first),
    ...(pads > 1 && { textLength }),
  };
}
