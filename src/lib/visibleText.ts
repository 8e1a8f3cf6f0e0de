/**
 * Model text is hostile: it can hold control characters and marks that reorder what stands around them. This turns
 * any text into pieces to draw, with every such character spelled out. Pure.
 */
export type TextPiece = { text: string; kind: "plain" | "space" | "escape" };

/** Control characters, soft hyphen, zero-width and bidirectional marks, line separators, byte-order mark, specials. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff0-\ufffb]|[\ue000-\uf8ff]|\p{Cs}/u;

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
