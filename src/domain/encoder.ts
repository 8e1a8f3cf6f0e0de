/** Sentences as vectors: who turns them into such, and what the lab tells of them. */
import type { Handler } from "./labApi";

/** What turns sentences into vectors whose cosine says how alike they are. Where it runs is its maker's affair. */
export type SentenceEncoder = {
  /** Names the encoder in edit files: vectors of different encoders are not compared. */
  name: string;
  /** Its vectors all point much the same way: what they have in common is taken off before they are compared. */
  needsCentre: boolean;
  /** One vector per text, in order, all of one width. Throws AppError `network`, `cancelled`. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
};

/** `own`: the mean of the loaded model's states over a text. `sentence`: a sentence encoder, where there is one. */
export type EmbedRequest = { texts: readonly string[]; encoder: "own" | "sentence" };

/** Unit vectors: their dot product is the cosine. `encoder` says what made them. */
export type EmbedResult = { encoder: string; vectors: Float32Array[] };

/** What the encoder's own worker does. */
export type EncoderApi = {
  embed: Handler<{ texts: readonly string[] }, { vectors: Float32Array[] }>;
};
