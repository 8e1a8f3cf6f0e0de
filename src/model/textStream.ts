/**
 * Text from tokens that arrive one by one. A character may be spread over several tokens, and decoders treat the start
 * of a text in their own way, so tokens are decoded together with some that went before.
 */
import type { Tokenizer } from "./tokenizer/tokenizer";

/** Tokens of context kept in front; more than any character has bytes. */
const CONTEXT = 8;
/** Decoded at once at most, so that long texts do not take quadratic time. */
const WINDOW = 64;

const UNFINISHED = "\uFFFD";

export class TextStream {
  readonly #tokenizer: Tokenizer;
  #window: number[];
  /** What the window's tokens said when they last ended in a whole character. */
  #shown: string;

  /** `before`: the tokens in front of the first one that will arrive. */
  constructor(tokenizer: Tokenizer, before: ArrayLike<number>) {
    this.#tokenizer = tokenizer;
    this.#window = Array.from(before).slice(-CONTEXT);
    this.#shown = this.#decode();
  }

  /** The text this token completes; empty while a character is unfinished. */
  push(id: number): string {
    this.#window.push(id);
    const text = this.#decode();
    if (text.endsWith(UNFINISHED)) return "";
    return this.#show(text);
  }

  /** What is left at the end: an unfinished character reads as U+FFFD. */
  flush(): string {
    return this.#show(this.#decode());
  }

  #show(text: string): string {
    const added = text.slice(this.#shown.length);
    this.#shown = text;
    if (this.#window.length > WINDOW) {
      this.#window = this.#window.slice(-CONTEXT);
      this.#shown = this.#decode();
    }
    return added;
  }

  #decode(): string {
    return this.#tokenizer.decode(this.#window, { skipSpecials: true });
  }
}

/**
 * What `ids` add to the text of the tokens before, decoded all together. Differs from the stream only where bytes that
 * were told as a character turn out, with later ones, to be none. Undefined when the texts do not fit together.
 */
export function addedText(
  tokenizer: Tokenizer,
  before: ArrayLike<number>,
  ids: readonly number[],
): string | undefined {
  const front = tokenizer.decode(before, { skipSpecials: true });
  const whole = tokenizer.decode([...Array.from(before), ...ids], { skipSpecials: true });
  return whole.startsWith(front) ? whole.slice(front.length) : undefined;
}
