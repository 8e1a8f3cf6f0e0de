/**
 * Text that remembers where it came from. Normalisers change text; every UTF-16 unit of an `AlignedText` knows the span
 * of the user's own text that it stands for, so that tokens can be given exact offsets whatever happened in between.
 */
import { AppError } from "../../lib/errors";

export type AlignedText = {
  text: string;
  /** Span in the original text of each UTF-16 unit of `text`. */
  starts: Int32Array;
  ends: Int32Array;
};

/** The text itself: every code point stands for its own place, both halves of a surrogate pair for the whole pair. */
export function alignIdentity(text: string, offset = 0): AlignedText {
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  for (let i = 0; i < text.length;) {
    const length = text.codePointAt(i)! > 0xffff ? 2 : 1;
    starts.fill(offset + i, i, i + length);
    ends.fill(offset + i + length, i, i + length);
    i += length;
  }
  return { text, starts, ends };
}

export function sliceAligned({ text, starts, ends }: AlignedText, from: number, to: number): AlignedText {
  return { text: text.slice(from, to), starts: starts.subarray(from, to), ends: ends.subarray(from, to) };
}

/** Steps of a file can make a text longer, and the next ones longer still; this is twice the longest text encoded. */
export const LONGEST_TEXT = 8_000_000;

/** Throws AppError `bad-tokenizer` for a text that a tokenizer's own steps have blown up. */
export function checkGrowth(length: number): void {
  if (length <= LONGEST_TEXT) return;
  const message = `tokenizer.json: its steps make a text of more than ${LONGEST_TEXT} characters out of this one.`;
  throw new AppError(
    "bad-tokenizer",
    message,
    "Take the tokenizer files from the model's original repository.",
  );
}

/** Collects pieces of new text, each with the span of the old text that it replaces. */
export class AlignedBuilder {
  readonly #source: AlignedText;
  readonly #parts: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(source: AlignedText) {
    this.#source = source;
  }

  /** `content` stands for units `from` up to `to` of the source; an empty range gives it the unit that follows. */
  replace(from: number, to: number, content: string): void {
    const { starts, ends, text } = this.#source;
    const last = Math.min(Math.max(to - 1, from), text.length - 1);
    checkGrowth(this.#starts.length + content.length);
    this.#parts.push(content);
    for (let i = 0; i < content.length; i++) {
      this.#starts.push(starts[from] ?? 0);
      this.#ends.push(ends[last] ?? 0);
    }
  }

  /** Units `from` up to `to` stay as they are. */
  keep(from: number, to: number): void {
    const { starts, ends, text } = this.#source;
    this.#parts.push(text.slice(from, to));
    for (let i = from; i < to; i++) {
      this.#starts.push(starts[i]!);
      this.#ends.push(ends[i]!);
    }
  }

  build(): AlignedText {
    return {
      text: this.#parts.join(""),
      starts: Int32Array.from(this.#starts),
      ends: Int32Array.from(this.#ends),
    };
  }
}
