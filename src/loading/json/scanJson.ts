/**
 * One pass over JSON text that finds what JSON.parse does not report: nesting depth and duplicate keys. It leaves
 * the grammar to JSON.parse; on malformed text it may see nonsense, but it always ends after one pass.
 */

export type JsonScan = {
  maxDepth: number;
  onTooDeep: () => Error;
  /** The error to throw for a key seen twice in one object, or undefined to allow it. */
  onDuplicate: (key: string) => Error | undefined;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** @throws whatever `onTooDeep` and `onDuplicate` return */
export function scanJson(text: string, scan: JsonScan): void {
  /** The keys of each open object; undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (isFollowedByColon(text, end)) noteKey(text.slice(at, end), open.at(-1), scan);
      at = end;
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (open.length === scan.maxDepth) throw scan.onTooDeep();
      open.push(code === OPEN_BRACE ? new Set() : undefined);
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      open.pop();
    }
    at++;
  }
}

/** Index after the closing quote of the string that starts at `start`; the text's end when it never closes. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}

function noteKey(literal: string, keys: Set<string> | undefined, scan: JsonScan): void {
  if (!keys) return;
  const key = unescape(literal);
  if (keys.has(key)) {
    const error = scan.onDuplicate(key);
    if (error) throw error;
  }
  keys.add(key);
}

/** "a" and "\u0061" are one key. A string that is not valid JSON stays as written; JSON.parse refuses it later. */
function unescape(literal: string): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}
