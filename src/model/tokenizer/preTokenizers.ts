/**
 * Splitting normalised text into the words that are merged one by one. Written here because the library's versions part
 * from the reference in places that change ids: its digits and white space are JavaScript's, not Unicode's, and of the
 * ways to split it knows two. Only the translation of a pattern's syntax is the library's.
 */
import { SplitPreTokenizer } from "@huggingface/tokenizers";
import { AppError } from "../../lib/errors";
import { BYTE_SYMBOLS } from "./byteLevel";
import type { JsonObject } from "./tokenizerFile";

/** `atStart`: the words stand at the very beginning of the user's text. */
export type PreTokenizer = (words: readonly string[], atStart: boolean) => string[];

type Segment = { text: string; isMatch: boolean };

/** GPT-2's own pattern, with Unicode's white space. */
const GPT2_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const SPACE_MARK = "\u2581";
const utf8 = new TextEncoder();

/** A pre-tokeniser from its configuration. Throws `unsupported` for a kind that is not read. */
export function createPreTokenizer(config: JsonObject | null): PreTokenizer {
  if (config === null) return (words) => [...words];
  switch (config.type) {
    case "Sequence": {
      const steps = (config.pretokenizers as JsonObject[]).map(createPreTokenizer);
      return (words, atStart) => steps.reduce((now, step) => step(now, atStart), [...words]);
    }
    case "ByteLevel":
      return eachWord(byteLevelWords(config.add_prefix_space === true, config.use_regex !== false));
    case "Digits": {
      const behavior = config.individual_digits === true ? "Isolated" : "Contiguous";
      return eachWord((word) => joinSegments(segmentsOf(word, /\p{N}/gu), behavior));
    }
    case "Split":
      return splitByPattern(config);
    case "Metaspace":
      return metaspace(config);
    default:
      throw new AppError(
        "unsupported",
        `tokenizer.json: the pre-tokenizer “${String(config.type)}” is not read.`,
      );
  }
}

const eachWord =
  (split: (word: string) => string[]): PreTokenizer =>
  (words) =>
    words.flatMap(split);

function byteLevelWords(addSpace: boolean, useRegex: boolean): (word: string) => string[] {
  return (word) => {
    const text = addSpace && !word.startsWith(" ") ? ` ${word}` : word;
    const words = useRegex ? (text.match(GPT2_WORDS) ?? []) : [text];
    return words.map((part) => Array.from(utf8.encode(part), (byte) => BYTE_SYMBOLS[byte]).join(""));
  };
}

function splitByPattern(config: JsonObject): PreTokenizer {
  const { pattern } = new SplitPreTokenizer(config as never) as unknown as { pattern: RegExp | null };
  if (pattern === null) throw new AppError("bad-tokenizer", "tokenizer.json: a Split step has no pattern.");
  const behavior = String(config.behavior);
  const invert = config.invert === true;
  return eachWord((word) => {
    const segments = segmentsOf(word, pattern);
    return joinSegments(
      invert ? segments.map(({ text, isMatch }) => ({ text, isMatch: !isMatch })) : segments,
      behavior,
    );
  });
}

/** SentencePiece's spaces: visible, one put in front, words beginning with theirs. */
function metaspace(config: JsonObject): PreTokenizer {
  const mark = typeof config.replacement === "string" ? config.replacement : SPACE_MARK;
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? "never" : "always");
  return (words, atStart) =>
    words.flatMap((word) => {
      const marked = word.replaceAll(" ", mark);
      const prepend = !marked.startsWith(mark) && (scheme === "always" || (scheme === "first" && atStart));
      const text = prepend ? mark + marked : marked;
      return config.split === false
        ? [text]
        : joinSegments(segmentsOf(text, literally(mark)), "MergedWithNext");
    });
}

/** The text itself as a pattern: it comes from a file and must not become a program. */
const literally = (text: string): RegExp => new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "gu");

/** The whole text as matches and what lies between. Empty matches cut nothing. */
function segmentsOf(text: string, pattern: RegExp): Segment[] {
  const segments: Segment[] = [];
  let done = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (match === "") continue;
    if (index > done) segments.push({ text: text.slice(done, index), isMatch: false });
    segments.push({ text: match, isMatch: true });
    done = index + match.length;
  }
  if (done < text.length) segments.push({ text: text.slice(done), isMatch: false });
  return segments;
}

/** What becomes of the matches: words of their own, gone, or part of a neighbour. */
function joinSegments(segments: readonly Segment[], behavior: string): string[] {
  switch (behavior.toLowerCase()) {
    case "isolated":
      return segments.map(({ text }) => text);
    case "removed":
      return segments.filter(({ isMatch }) => !isMatch).map(({ text }) => text);
    case "mergedwithprevious":
      return attach(segments, (match, word) => word + match);
    case "mergedwithnext":
      return attach(segments.toReversed(), (match, word) => match + word).toReversed();
    case "contiguous":
      return contiguous(segments);
    default:
      throw new AppError("unsupported", `tokenizer.json: the split behaviour “${behavior}” is not read.`);
  }
}

/** Of matches in a row the first joins the word before it (in the order given), the others stand alone. */
function attach(segments: readonly Segment[], join: (match: string, word: string) => string): string[] {
  const words: string[] = [];
  let afterMatch = false;
  for (const { text, isMatch } of segments) {
    const word = words.at(-1);
    if (isMatch && !afterMatch && word !== undefined) words[words.length - 1] = join(text, word);
    else words.push(text);
    afterMatch = isMatch;
  }
  return words;
}

function contiguous(segments: readonly Segment[]): string[] {
  const words: string[] = [];
  let kind: boolean | undefined;
  for (const { text, isMatch } of segments) {
    if (isMatch === kind) words[words.length - 1] += text;
    else words.push(text);
    kind = isMatch;
  }
  return words;
}
