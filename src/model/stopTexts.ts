/** Ends a stream of text before any of some given texts, holding back what may be the beginning of one. */

export class StopTexts {
  readonly #stops: readonly string[];
  #held = "";
  #text = "";

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop.length > 0);
  }

  /** All text released so far. */
  get text(): string {
    return this.#text;
  }

  /** Takes more text; true when a stop text has come. */
  push(added: string): boolean {
    const open = this.#held + added;
    const places = this.#stops.map((stop) => open.indexOf(stop)).filter((place) => place >= 0);
    const found = places.length > 0;
    const safe = found ? Math.min(...places) : open.length - this.#possibleStart(open);
    this.#text += open.slice(0, safe);
    this.#held = found ? "" : open.slice(safe);
    return found;
  }

  /** Releases what was held back: no stop text came. */
  flush(): void {
    this.#text += this.#held;
    this.#held = "";
  }

  /** Length of the longest end of `open` that begins a stop text. */
  #possibleStart(open: string): number {
    const longest = Math.max(0, ...this.#stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, open.length); length > 0; length--) {
      const end = open.slice(-length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
