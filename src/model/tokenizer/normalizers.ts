/**
 * The normalisers of tokenizer.json, each keeping track of where every character came from. They give the same text as
 * the library's (a test says so); the library's own lose the offsets. Kinds that no supported family uses are refused.
 */
import { ReplaceNormalizer } from "@huggingface/tokenizers";
import { AppError } from "../../lib/errors";
import { AlignedBuilder, sliceAligned, type AlignedText } from "./alignedText";
import type { JsonObject } from "./tokenizerFile";

export type AlignedNormalizer = (source: AlignedText) => AlignedText;

/** A character with what may compose with it: marks, and the vowels and finals of Hangul syllables. */
const CLUSTER = /[^\p{M}\u1160-\u11ff\ud7b0-\ud7fb]?[\p{M}\u1160-\u11ff\ud7b0-\ud7fb]*/gsu;

/** A normaliser from its configuration; undefined for none. Throws `unsupported` for a kind that is not read. */
export function createNormalizer(config: JsonObject | null): AlignedNormalizer | undefined {
  if (config === null) return undefined;
  const { type } = config;
  if (type === "NFC" || type === "NFD" || type === "NFKC" || type === "NFKD") return unicodeForm(type);
  if (type === "Replace") return replacePattern(config);
  if (type === "Prepend") return prepend(String(config.prepend ?? ""));
  if (type === "Lowercase") return lowercase;
  if (type === "Strip") return strip(config.strip_left !== false, config.strip_right !== false);
  if (type === "Sequence") {
    const steps = (config.normalizers as JsonObject[]).map((step) => createNormalizer(step));
    return (source) => steps.reduce((text, step) => (step ? step(text) : text), source);
  }
  throw new AppError("unsupported", `tokenizer.json: the normalizer “${String(type)}” is not read.`);
}

/** Unicode normal forms work on clusters: what composes stays together and shares one span. */
const unicodeForm =
  (form: "NFC" | "NFD" | "NFKC" | "NFKD"): AlignedNormalizer =>
  (source) => {
    const whole = source.text.normalize(form);
    if (whole === source.text) return source;
    const builder = new AlignedBuilder(source);
    for (const { 0: cluster, index } of source.text.matchAll(CLUSTER)) {
      const normal = cluster.normalize(form);
      if (normal === cluster) builder.keep(index, index + cluster.length);
      else builder.replace(index, index + cluster.length, normal);
    }
    const built = builder.build();
    if (built.text === whole) return built;
    // A composition across clusters that the pattern does not know: correct text, one coarse span.
    const coarse = new AlignedBuilder(source);
    coarse.replace(0, source.text.length, whole);
    return coarse.build();
  };

function replacePattern(config: JsonObject): AlignedNormalizer {
  // The library translates Oniguruma's syntax to JavaScript's; its compiled pattern is taken, its `normalize` is not.
  const { pattern } = new ReplaceNormalizer(config as never) as unknown as { pattern: RegExp | null };
  if (pattern === null) {
    throw new AppError("bad-tokenizer", "tokenizer.json: a Replace step has no pattern that can be read.");
  }
  const content = String(config.content ?? "");
  return (source) => {
    const builder = new AlignedBuilder(source);
    let done = 0;
    for (const match of source.text.matchAll(pattern)) {
      builder.keep(done, match.index);
      done = match.index + match[0].length;
      builder.replace(match.index, done, content);
    }
    builder.keep(done, source.text.length);
    return builder.build();
  };
}

/** What is put in front has no place of its own; like the reference library it takes the first character's. */
const prepend =
  (content: string): AlignedNormalizer =>
  (source) => {
    if (source.text === "") return source;
    const builder = new AlignedBuilder(source);
    const first = source.text.codePointAt(0)! > 0xffff ? 2 : 1;
    builder.replace(0, first, content);
    builder.keep(0, source.text.length);
    return builder.build();
  };

const lowercase: AlignedNormalizer = (source) => {
  const builder = new AlignedBuilder(source);
  let at = 0;
  for (const character of source.text) {
    builder.replace(at, at + character.length, character.toLowerCase());
    at += character.length;
  }
  return builder.build();
};

const strip =
  (left: boolean, right: boolean): AlignedNormalizer =>
  (source) => {
    const { text } = source;
    const from = left ? text.length - text.trimStart().length : 0;
    const to = right ? text.trimEnd().length : text.length;
    return sliceAligned(source, from, Math.max(from, to));
  };
