/** Choosing the next token from logits: the likeliest, or drawn by temperature, top-k and top-p. */
import { legacyRandom } from "../lib/random/legacyRandom";
import { largestIndices, logSumExp } from "./tokenChoices";

export type SamplingOptions = {
  /** 0 takes the likeliest token always. */
  temperature: number;
  /** Keep only this many of the likeliest; 0 keeps all. */
  topK?: number | undefined;
  /** Then keep the fewest of the likeliest whose probabilities reach this sum. */
  topP?: number | undefined;
  seed: number;
};

/** Picks one id from logits [V]. */
export type Sampler = (logits: Float32Array) => number;

/** The same options and logits give the same choices on every machine. */
export function createSampler({ temperature, topK, topP, seed }: SamplingOptions): Sampler {
  if (temperature === 0) return argmax;
  const random = legacyRandom(seed);
  return (logits) => draw(candidates(logits, temperature, topK, topP), random.uniform());
}

/** Index of the largest value; of the first one when several are equal. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}

type Candidate = { id: number; probability: number };

/** The tokens still in play, with probabilities that need not sum to 1 any more. */
function candidates(logits: Float32Array, temperature: number, topK = 0, topP = 1): Candidate[] {
  const scaled = logits.map((logit) => logit / temperature);
  const kept = topK > 0 && topK < logits.length ? largestIndices(scaled, topK) : Array.from(scaled.keys());
  const logTotal = logSumExp(kept.map((id) => scaled[id]!));
  const all = kept.map((id) => ({ id, probability: Math.exp(scaled[id]! - logTotal) }));
  return topP < 1 ? nucleus(all, topP) : all;
}

/** The fewest likeliest that reach the sum `topP`. */
function nucleus(all: readonly Candidate[], topP: number): Candidate[] {
  // All tokens below this share together cannot make up 1 - topP: they need no sorting.
  const least = (1 - topP) / all.length;
  const ranked = all.filter(({ probability }) => probability >= least);
  ranked.sort((a, b) => b.probability - a.probability || a.id - b.id);
  let sum = 0;
  // The token that crosses the threshold still belongs to the set.
  return ranked.filter(({ probability }) => {
    const isOpen = sum < topP;
    sum += probability;
    return isOpen;
  });
}

function draw(from: readonly Candidate[], uniform: number): number {
  const total = from.reduce((sum, { probability }) => sum + probability, 0);
  let left = uniform * total;
  for (const { id, probability } of from) {
    left -= probability;
    if (left < 0) return id;
  }
  return from.at(-1)!.id;
}
