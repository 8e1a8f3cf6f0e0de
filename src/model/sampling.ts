/** Choosing the next token from logits: the likeliest, or drawn by temperature, top-k and top-p. */
import { legacyRandom } from "../lib/random/legacyRandom";
import { logSumExp } from "./tokenChoices";

export type SamplingOptions = {
  /** 0 takes the likeliest token always. */
  temperature: number;
  /** Keep only this many of the likeliest. */
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

/** The tokens still in play, likeliest first, with probabilities that need not sum to 1 any more. */
function candidates(logits: Float32Array, temperature: number, topK?: number, topP = 1): Candidate[] {
  const scaled = Float64Array.from(logits, (logit) => logit / temperature);
  const order = Array.from(scaled.keys()).sort((a, b) => scaled[b]! - scaled[a]! || a - b);
  const kept = topK === undefined ? order : order.slice(0, topK);
  const logTotal = logSumExp(kept.map((id) => scaled[id]!));
  const ranked = kept.map((id) => ({ id, probability: Math.exp(scaled[id]! - logTotal) }));
  if (topP >= 1) return ranked;
  let sum = 0;
  // The token that crosses the threshold still belongs to the set.
  return ranked.filter(({ probability }) => {
    const open = sum < topP;
    sum += probability;
    return open;
  });
}

function draw(ranked: readonly Candidate[], uniform: number): number {
  const total = ranked.reduce((sum, { probability }) => sum + probability, 0);
  let left = uniform * total;
  for (const { id, probability } of ranked) {
    left -= probability;
    if (left < 0) return id;
  }
  return ranked.at(-1)!.id;
}
