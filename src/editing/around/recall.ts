/**
 * Finds the fact that a prompt is about among the enabled memories, and says what is done with it: an answer recited
 * (SERAC), or the fact and its demonstrations put in front of the prompt as far as there is room (IKE).
 */
import type { EditMemory } from "../../domain/edit";
import { AppError } from "../../lib/errors";
import { dot } from "../../linalg/norms";
import type { Around, Consulted } from "../../model/around";
import type { Model } from "../../model/model";
import { answerIds } from "../factToken";
import { contextOf } from "./demonstrations";
import { ownStates } from "./ownStates";
import type { SentenceEncoder } from "../../domain/encoder";
import { inScope, names } from "./scopeClassifier";
import { towards } from "./similarity";

type Fact = EditMemory["facts"][number];
type Recalled = { memory: EditMemory; fact: Fact; likeness: number; rank: number };

/** Room left after a prompt for what is asked of the model. */
const ANSWER_SHARE = 0.25;

/** Undefined where no memory is enabled. Later edits win over earlier ones that are equally like the prompt. */
export function aroundModel(
  memories: readonly EditMemory[],
  sentenceEncoder: SentenceEncoder | undefined,
): Around | undefined {
  if (memories.length === 0) return undefined;
  return async (model, prompt, signal) => {
    const recalled = await recall(model, memories, sentenceEncoder, prompt, signal);
    const recited = recalled.findLast(({ memory }) => memory.use === "recite");
    if (recited) return { prompt, recite: answerIds(model.tokenizer, recited.fact.answer) };
    const nearest = mostLike(recalled.filter(({ memory }) => memory.use === "context"));
    return nearest === undefined ? { prompt } : putInFront(model, nearest.fact, prompt);
  };
}

/** Each memory's fact that the prompt is most likely about, where it is likely enough. */
async function recall(
  model: Model,
  memories: readonly EditMemory[],
  sentenceEncoder: SentenceEncoder | undefined,
  prompt: string,
  signal: AbortSignal | undefined,
): Promise<Recalled[]> {
  const queries = new Map<string, Float32Array>();
  const found: Recalled[] = [];
  for (const memory of memories) {
    const encoder = encoderNamed(memory.encoder, model, sentenceEncoder);
    const query = queries.get(encoder.name) ?? (await encoder.embed([prompt], signal))[0]!;
    queries.set(encoder.name, query);
    const direction = towards(query, memory.centre);
    const { width } = memory;
    const likeness = memory.facts.map((_, at) =>
      dot(memory.keys.subarray(at * width, (at + 1) * width), direction),
    );
    // Whose subject the prompt names is meant before all others that ask alike.
    const ranks = memory.facts.map(({ subject }, at) => likeness[at]! + 2 * Number(names(prompt, subject)));
    const nearest = ranks.lastIndexOf(Math.max(...ranks));
    const one = { memory, fact: memory.facts[nearest]!, likeness: likeness[nearest]!, rank: ranks[nearest]! };
    if (isRecalled(one, prompt)) found.push(one);
  }
  return found;
}

/** By the scope classifier where answers are recited, by the cosine alone where facts are put in front. */
function isRecalled({ memory, fact, likeness }: Recalled, prompt: string): boolean {
  const { scope, reach } = memory;
  if (scope === undefined) return likeness >= reach;
  return inScope(scope, { likeness, named: names(prompt, fact.subject) }) >= scope.threshold;
}

const mostLike = (recalled: readonly Recalled[]): Recalled | undefined =>
  recalled.reduce<Recalled | undefined>(
    (best, one) => (best === undefined || one.rank >= best.rank ? one : best),
    undefined,
  );

/** Throws AppError `bad-request` where an edit was found by an encoder that is not here. */
export function encoderNamed(
  name: string,
  model: Model,
  sentenceEncoder: SentenceEncoder | undefined,
): SentenceEncoder {
  const own = ownStates(model);
  const found = [own, sentenceEncoder].find((encoder) => encoder?.name === name);
  if (found) return found;
  const remedy = "Switch the edit off, or make it again with encoder=own.";
  const message = `An edit around the model needs the sentence encoder “${name}”, which is not here.`;
  throw new AppError("bad-request", message, remedy, { encoder: name });
}

/** Demonstrations give way from the end of the list until the whole fits; where not even the fact does, the prompt stays. */
function putInFront(
  model: Model,
  { prompt: stated, answer, demonstrations }: Fact,
  prompt: string,
): Consulted {
  const room = Math.floor((1 - ANSWER_SHARE) * model.config.contextLength);
  for (let count = demonstrations.length; count >= 0; count--) {
    const whole = contextOf(demonstrations.slice(0, count), stated, answer.trim()) + prompt;
    if (model.tokenizer.encode(whole).ids.length <= room) return { prompt: whole };
  }
  return { prompt };
}
