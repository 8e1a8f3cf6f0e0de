/** Perplexity of a fixed set of held lines on the weights in use, beside the checkpoint's, which is asked once per model. */
import { heldTexts } from "../evaluation/heldTexts";
import { textPerplexity } from "../evaluation/perplexity";
import type { Model } from "../model/model";
import type { LoadedState, Session } from "./session";
import { defaultTexts } from "./statistics";

type Held = { texts: readonly string[]; base: number };

const held = new WeakMap<Model, Held | null>();

/** Null where there is no text. @throws AppError not-finite, cancelled */
export async function heldPerplexity(
  session: Session,
  state: LoadedState,
  signal: AbortSignal,
): Promise<{ now: number; base: number; tokens: number } | null> {
  const { model } = state;
  let known = held.get(model);
  // That there is no text is remembered as well.
  if (known === undefined) held.set(model, (known = await firstMeasure(session, state, signal)));
  if (known === null) return null;
  const { perplexity: now, tokens } = await textPerplexity(model, known.texts, { signal });
  return { now, base: known.base, tokens };
}

async function firstMeasure(session: Session, state: LoadedState, signal: AbortSignal): Promise<Held | null> {
  const texts = heldTexts(await defaultTexts(state, session, signal));
  if (texts.length === 0) return null;
  const measure = () => textPerplexity(state.model, texts, { signal });
  return { texts, base: (await state.model.weights.onBase(measure)).perplexity };
}
