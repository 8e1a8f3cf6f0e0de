/**
 * Shares of tokens: zsRE's and EasyEdit's accuracy (each token of the answer the likeliest one, given those before it)
 * and EasyEdit's locality (the tokens a model would put there, before and after an edit). Pure (algorithms.md 19.2, 19.3).
 */

/** Share of an answer's tokens that are the likeliest at their places. Both benchmarks mean the same by it. */
export const tokenAccuracy = (hits: readonly boolean[]): number => hits.filter(Boolean).length / hits.length;

/** Share of places at which the likeliest token is the same as before; whether it is true does not matter. */
export const tokenLocality = (before: readonly number[], after: readonly number[]): number =>
  before.filter((id, at) => id === after[at]).length / before.length;
