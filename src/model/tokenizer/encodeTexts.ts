/** Many texts through the tokenizer, with pauses: a corpus takes seconds, and a cancel must get in. */
import { throwIfCancelled } from "../../lib/cancel";
import { yieldToEvents } from "../../lib/yieldToEvents";
import type { Tokenizer } from "./tokenizer";

/** Milliseconds of work between two pauses. */
const STRETCH = 30;

/** Token ids of each text, specials as the tokenizer adds them. Throws `cancelled`. */
export async function encodeTexts(
  tokenizer: Tokenizer,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<Int32Array[]> {
  const encoded: Int32Array[] = [];
  let pausedAt = performance.now();
  for (const text of texts) {
    if (performance.now() - pausedAt > STRETCH) {
      await yieldToEvents();
      throwIfCancelled(signal);
      pausedAt = performance.now();
    }
    encoded.push(tokenizer.encode(text).ids);
  }
  return encoded;
}
