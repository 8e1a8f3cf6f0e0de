/** Summaries over the noise samples of one cell, and the strongest cell of a heatmap. */

/** Mean and unbiased standard deviation (0 for one sample). Probabilities are averaged, not logits. */
export function meanAndSpread(samples: ArrayLike<number>): { mean: number; spread: number } {
  const values = Array.from(samples);
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return { mean, spread: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** The cell with the highest score; the first one when several are equal. */
export function peakOf(scores: readonly (readonly number[])[]): {
  token: number;
  layer: number;
  score: number;
} {
  let peak = { token: 0, layer: 0, score: -Infinity };
  scores.forEach((row, token) =>
    row.forEach((score, layer) => {
      if (score > peak.score) peak = { token, layer, score };
    }),
  );
  return peak;
}

/** Tokens in the order a reader wants them: the subject's last first, then outward, later before earlier. */
export function outward(from: number, count: number): number[] {
  const order = [from];
  for (let distance = 1; distance < count; distance++) {
    for (const token of [from + distance, from - distance])
      if (token >= 0 && token < count) order.push(token);
  }
  return order;
}
