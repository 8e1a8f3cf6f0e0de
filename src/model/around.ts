/**
 * What stands around the model: before it reads a prompt, edits may put something in front of it (IKE), or have an answer
 * recited in the model's place (SERAC). The stack says what (editing/around); generation, scores and probes ask here.
 */
import type { Model } from "./model";

export type Consulted = {
  /** The prompt as the model reads it. */
  prompt: string;
  /** Tokens that are recited after it, before the model goes on by itself. */
  recite?: Int32Array;
};

/** Throws what looking up throws, and `cancelled`. Leaves no tensor behind. */
export type Around = (model: Model, prompt: string, signal?: AbortSignal) => Promise<Consulted>;

/** What the model in use makes of a prompt; the prompt itself where nothing stands around it, or the base is asked. */
export async function consult(model: Model, prompt: string, signal?: AbortSignal): Promise<Consulted> {
  const { around } = model.weights;
  return around === undefined ? { prompt } : around(model, prompt, signal);
}

/** How far a recitation is trusted; the rest is the model's own opinion, so that no token is impossible. */
const TRUST = 0.99;

/** Mixes a recited token into the logits of one place: log(0.99 [token = id] + 0.01 p), up to a constant. */
export function reciteInto(logits: Float32Array, id: number): void {
  let largest = -Infinity;
  for (const value of logits) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  const mass = Math.log(sum) + largest;
  const own = Math.exp(logits[id]! - mass);
  for (let at = 0; at < logits.length; at++) logits[at]! += Math.log(1 - TRUST) - mass;
  logits[id] = Math.log(TRUST + (1 - TRUST) * own);
}

/** The recited token at a place of an answer whose earlier tokens are given: none once they part from the recitation. */
export function recitedAt(
  recite: Int32Array | undefined,
  answer: ArrayLike<number>,
  place: number,
): number | undefined {
  if (recite === undefined || place >= recite.length) return undefined;
  for (let at = 0; at < place; at++) if (answer[at] !== recite[at]) return undefined;
  return recite[place];
}

/** The same for a whole answer's logits [answer tokens, V], flat. */
export function reciteAnswer(
  logits: Float32Array,
  answer: ArrayLike<number>,
  recite: Int32Array | undefined,
): void {
  const width = logits.length / answer.length;
  for (let place = 0; place < answer.length; place++) {
    const wanted = recitedAt(recite, answer, place);
    if (wanted !== undefined) reciteInto(logits.subarray(place * width, (place + 1) * width), wanted);
  }
}
