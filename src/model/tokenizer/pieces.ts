/**
 * From pre-tokenised words to tokens with offsets. The library merges each word; its pieces are followed symbol by
 * symbol through the text, so that a token knows exactly which characters its bytes came from. A piece that is not in
 * the vocabulary falls back to bytes, becomes the unknown token, or vanishes; its characters are passed over all the same.
 */
import type { BPE } from "@huggingface/tokenizers";
import { BYTE_SYMBOLS, byteOfSymbol } from "./byteLevel";
import type { AlignedText } from "./alignedText";
import type { TokenizerFile } from "./tokenizerFile";

export type Piece = { id: number; start: number; end: number };

/** A text as the symbols that words are made of: characters, or bytes written in GPT-2's alphabet. */
type Symbols = { values: string[]; starts: number[]; ends: number[] };

const SPACE_MARK = "\u2581";
const utf8 = new TextEncoder();

/** A function that turns the words of one stretch of text into tokens. `words` come from the pre-tokeniser. */
export function createPieceFinder(
  file: TokenizerFile,
  model: BPE,
): (words: readonly string[], text: AlignedText) => Piece[] {
  const { vocabulary } = file;
  const byteIds = Array.from({ length: 256 }, (_, byte) => vocabulary.get(byteTokenName(byte)));
  const unknownId = file.unknownToken === undefined ? undefined : vocabulary.get(file.unknownToken);

  const idsOf = (piece: string): number[] => {
    const id = vocabulary.get(piece);
    if (id !== undefined) return [id];
    const bytes = file.byteFallback ? [...utf8.encode(piece)].map((byte) => byteIds[byte]) : [undefined];
    if (bytes.every((byteId) => byteId !== undefined)) return bytes;
    return unknownId === undefined ? [] : [unknownId];
  };

  return (words, text) => {
    const symbols = file.byteLevel ? byteSymbols(text) : characterSymbols(text);
    const pieces: Piece[] = [];
    let at = 0;
    for (const word of words) {
      const whole = file.ignoreMerges && vocabulary.has(word);
      for (const piece of whole ? [word] : model.bpe(word)) {
        const span = follow(symbols, at, piece);
        at = span.next;
        for (const id of idsOf(piece)) {
          const last = pieces.at(-1);
          const fuse = file.fuseUnknown && id === unknownId && last?.id === id && last.end === span.start;
          if (fuse) last.end = span.end;
          else pieces.push({ id, start: span.start, end: span.end });
        }
      }
    }
    return pieces;
  };
}

export const byteTokenName = (byte: number): string =>
  `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

/**
 * Where `piece` lies among `symbols` from `at` on. A symbol of the piece that the text does not have is a space put in
 * front and takes the next character's place; symbols of the text that the piece lacks were dropped by the pre-tokeniser.
 */
function follow(symbols: Symbols, at: number, piece: string): { start: number; end: number; next: number } {
  const { values, starts, ends } = symbols;
  let start: number | undefined;
  let end = 0;
  let next = at;
  for (const symbol of piece) {
    const inserted = isSpace(symbol) && !isSpace(values[next]);
    while (!inserted && next < values.length && !sameSymbol(values[next]!, symbol)) next++;
    const place = Math.min(next, values.length - 1);
    start ??= starts[place] ?? 0;
    end = Math.max(end, ends[place] ?? 0);
    if (!inserted) next++;
  }
  return { start: start ?? 0, end, next: Math.min(next, values.length) };
}

const isSpace = (symbol: string | undefined): boolean =>
  symbol === " " || symbol === SPACE_MARK || symbol === BYTE_SYMBOLS[0x20];

const sameSymbol = (a: string, b: string): boolean => a === b || (isSpace(a) && isSpace(b));

function characterSymbols({ text, starts, ends }: AlignedText): Symbols {
  const symbols: Symbols = { values: [], starts: [], ends: [] };
  let at = 0;
  for (const character of text) {
    symbols.values.push(character);
    symbols.starts.push(starts[at]!);
    at += character.length;
    symbols.ends.push(ends[at - 1]!);
  }
  return symbols;
}

/** Every byte of a character has the character's span: a character split over tokens gives overlapping tokens. */
function byteSymbols(text: AlignedText): Symbols {
  const characters = characterSymbols(text);
  const symbols: Symbols = { values: [], starts: [], ends: [] };
  for (const [index, character] of characters.values.entries()) {
    for (const byte of utf8.encode(character)) {
      symbols.values.push(BYTE_SYMBOLS[byte]!);
      symbols.starts.push(characters.starts[index]!);
      symbols.ends.push(characters.ends[index]!);
    }
  }
  return symbols;
}

/** The text of one token by itself, as its bytes read; broken UTF-8 shows as U+FFFD. */
export function tokenAsText(token: string, byteLevel: boolean): string {
  const bytes: number[] = [];
  const escaped = /^<0x([0-9A-F]{2})>$/.exec(token);
  if (!byteLevel && escaped) bytes.push(Number.parseInt(escaped[1]!, 16));
  else if (!byteLevel) return token.replaceAll(SPACE_MARK, " ");
  else {
    for (const symbol of token) {
      const byte = byteOfSymbol(symbol);
      bytes.push(...(byte === undefined ? utf8.encode(symbol) : [byte]));
    }
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
