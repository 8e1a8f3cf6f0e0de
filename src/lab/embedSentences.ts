/** Sentences as unit vectors, for whoever compares texts: metrics of long answers, the page. */
import type { EmbedRequest, EmbedResult } from "../domain/encoder";
import type { CallContext } from "../domain/progress";
import { chooseEncoder } from "../editing/around/chooseEncoder";
import { centreOf, towards } from "../editing/around/similarity";
import { loadedModel, type Session } from "./session";

/**
 * The model's own states are centred on the texts given, so ask for all that are to be compared at once.
 * Throws AppError `bad-request` where there is no sentence encoder, `network`, `cancelled`.
 */
export async function embedSentences(
  session: Session,
  { texts, encoder: wanted }: EmbedRequest,
  { signal, onProgress }: CallContext<never>,
): Promise<EmbedResult> {
  const { model } = loadedModel(session);
  const encoder = chooseEncoder(wanted, model, session.environment.sentenceEncoder, "mean");
  onProgress({ note: "Comparing texts", done: 0, total: texts.length });
  const vectors = await encoder.embed(texts, signal);
  const centre = centreOf(vectors, encoder);
  return { encoder: encoder.name, vectors: vectors.map((vector) => towards(vector, centre)) };
}
