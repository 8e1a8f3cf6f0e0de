/**
 * Model text is hostile: it can hold control characters and marks that reorder what stands around them. This turns
 * any text into pieces to draw, with every such character spelled out. Pure.
 */
export type TextPiece = { text: string; kind: "plain" | "space" | "escape" };

/**
 * Control characters, lone surrogates, private characters, line separators, narrow spaces, and all that Unicode says to
 * draw as nothing (marks of direction, zero-width joiners, fillers, tags), save the selectors that emoji carry.
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Bidi_Control}\u202f\u205f\ufff9-\ufffb]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/u;

const ALL_UNSAFE = new RegExp(UNSAFE, "gu");

const NAMED: Readonly<Record<string, string>> = { "\n": "⏎", "\r": "␍", "\t": "⇥" };

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return NAMED[character] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function append(pieces: TextPiece[], text: string, kind: TextPiece["kind"]): void {
  const last = pieces.at(-1);
  if (last?.kind === kind && kind === "plain") last.text += text;
  else pieces.push({ text, kind });
}

/** `spaces`: "all" shows each space as ␣ (tokens), "none" leaves them (running text). Line breaks stay in text. */
export function visiblePieces(text: string, spaces: "all" | "none"): TextPiece[] {
  const pieces: TextPiece[] = [];
  for (const character of text) {
    if (character === " " && spaces === "all") append(pieces, "␣", "space");
    else if (character === "\n" && spaces === "none") append(pieces, character, "plain");
    else if (UNSAFE.test(character)) append(pieces, escapeOf(character), "escape");
    else append(pieces, character, "plain");
  }
  return pieces;
}

/** The same as one string, for labels, file exports and titles. */
export function visibleString(text: string, spaces: "all" | "none"): string {
  return visiblePieces(text, spaces)
    .map((piece) => (piece.kind === "escape" && piece.text.startsWith("U+") ? `[${piece.text}]` : piece.text))
    .join("");
}

/** JSON of a value with such characters written as escapes: the same document to a program, harmless to a terminal. */
export function visibleJson(value: unknown): string {
  const escaped = (character: string): string =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join("");
  return JSON.stringify(value).replace(ALL_UNSAFE, escaped);
}
