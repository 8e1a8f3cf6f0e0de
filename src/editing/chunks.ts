/**
 * A long answer cut into chunks (AnyEdit, arXiv 2502.05628, section 4; algorithms.md 9.2): windows with or without
 * overlap, sentences, or the whole. Ids are always those of the whole answer, whatever the cut.
 */
import { AppError } from "../lib/errors";
import type { Tokenizer } from "../model/tokenizer/tokenizer";

/** Answer tokens start … end - 1; the first `overlap` of them already stand in the chunk before. */
export type Chunk = {
  start: number;
  end: number;
  overlap: number;
  /** The published code's last window with nothing new: its state and labels stand one place too late. */
  slipped?: true;
};

/** The position, in question and answer, whose state calls up a chunk. */
export const lookupOf = (questionLength: number, { start, slipped }: Chunk): number =>
  questionLength + start - (slipped ? 0 : 1);

/** What becomes of a last window that holds nothing new. */
export type LastWindow = "dropped" | "published";

export type Chunking =
  | { kind: "window"; window: number; overlap: number; last?: LastWindow }
  | { kind: "sentences" }
  | { kind: "whole" };

/**
 * Windows of `window` tokens, each beginning `window - overlap` after the one before. A last window that holds nothing
 * new is dropped, unless it is to slip by one token as in the published code.
 */
export function windowChunks(
  length: number,
  window: number,
  overlap: number,
  last: LastWindow = "dropped",
): Chunk[] {
  if (overlap >= window) {
    throw new AppError("bad-request", `An overlap of ${overlap} leaves nothing of a window of ${window}.`, "Choose a smaller overlap.", { field: "overlap" }); // prettier-ignore
  }
  const chunks: Chunk[] = [];
  for (let start = 0; start < length; start += window - overlap) {
    const end = Math.min(start + window, length);
    const shared = start === 0 ? 0 : overlap;
    if (end - start > shared) chunks.push({ start, end, overlap: shared });
    else if (last === "published") chunks.push({ start, end, overlap: shared, slipped: true });
  }
  return chunks;
}

/** Cut after the token that ends each sentence; what follows the last one, the end of the text, goes with it. */
export function sentenceChunks(tokenizer: Tokenizer, text: string, length: number): Chunk[] {
  const { tokens } = tokenizer.encode(text, { specials: false });
  const ends = [...new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)].map(
    ({ index, segment }) => index + segment.trimEnd().length,
  );
  const cuts = ends.slice(0, -1).map((end) => tokens.findLastIndex((token) => token.start < end) + 1);
  const places = [...new Set([...cuts.filter((cut) => cut > 0 && cut < length), length])];
  return places.map((end, at) => ({ start: at === 0 ? 0 : places[at - 1]!, end, overlap: 0 }));
}

export function cutAnswer(tokenizer: Tokenizer, text: string, ids: Int32Array, chunking: Chunking): Chunk[] {
  switch (chunking.kind) {
    case "window":
      return windowChunks(ids.length, chunking.window, chunking.overlap, chunking.last);
    case "sentences":
      return sentenceChunks(tokenizer, text, ids.length);
    case "whole":
      return [{ start: 0, end: ids.length, overlap: 0 }];
  }
}

/** Settings that say how an answer is cut; a method without them takes the answer whole. */
type ChunkingSettings = { chunking?: unknown; window?: unknown; overlap?: unknown; lastWindow?: unknown };

/** A request's own borders, else what the settings say. Throws AppError `bad-request`. */
export function chunksOf(
  tokenizer: Tokenizer,
  { answerText, answer }: { answerText: string; answer: Int32Array },
  cuts: readonly number[] | undefined,
  { chunking, window, overlap, lastWindow }: ChunkingSettings,
): Chunk[] {
  const isCut = chunking === "window" || chunking === "sentences" || chunking === "whole";
  if (cuts !== undefined && isCut) return chunksAt(answer.length, cuts);
  if (chunking === "window") {
    return cutAnswer(tokenizer, answerText, answer, {
      kind: "window",
      window: Number(window),
      overlap: Number(overlap),
      last: lastWindow === "published" ? "published" : "dropped",
    });
  }
  return cutAnswer(tokenizer, answerText, answer, { kind: chunking === "sentences" ? "sentences" : "whole" });
}

/** Chunks that begin at token 0 and at each of `cuts`, ascending. Throws AppError `bad-request`. */
export function chunksAt(length: number, cuts: readonly number[]): Chunk[] {
  const isOrdered = cuts.every((cut, index) => Number.isInteger(cut) && cut > (cuts[index - 1] ?? 0));
  if (!isOrdered || (cuts.at(-1) ?? 0) >= length) {
    throw new AppError(
      "bad-request",
      `The answer has ${length} tokens and cannot be cut at ${cuts.join(", ")}.`,
      `Give token numbers between 1 and ${length - 1}, each larger than the one before.`,
      { field: "cuts" },
    );
  }
  return [0, ...cuts].map((start, index) => ({ start, end: cuts[index] ?? length, overlap: 0 }));
}
