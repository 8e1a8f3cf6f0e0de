/**
 * Tokens back to text, as the reference library's decoders do it. (The JavaScript library's lose a byte order mark and
 * read broken UTF-8 differently.)
 */
import { AppError } from "../../lib/errors";
import { checkGrowth } from "./alignedText";
import { bytesOfSymbols } from "./byteLevel";
import type { JsonObject } from "./tokenizerFile";

/** One step: a list of texts to a list of texts; at the end they are joined. */
export type DecoderStep = (tokens: readonly string[]) => string[];

const utf8 = new TextEncoder();
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** A decoder from its configuration; without one, tokens are joined by spaces. Throws `unsupported`. */
export function createDecoder(config: JsonObject | null): DecoderStep {
  if (config === null) return (tokens) => [tokens.join(" ")];
  switch (config.type) {
    case "Sequence": {
      const steps = (config.decoders as JsonObject[]).map(createDecoder);
      return (tokens) => steps.reduce<string[]>((now, step) => step(now), [...tokens]);
    }
    case "ByteLevel":
      return (tokens) => [
        lossy.decode(
          Uint8Array.from(tokens.flatMap((token) => bytesOfSymbols(token) ?? [...utf8.encode(token)])),
        ),
      ];
    case "ByteFallback":
      return byteFallback;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Replace":
      return replace(config);
    case "Strip":
      return strip(String(config.content ?? " "), Number(config.start ?? 0), Number(config.stop ?? 0));
    case "Metaspace":
      return metaspace(config);
    default:
      throw new AppError("unsupported", `tokenizer.json: the decoder “${String(config.type)}” is not read.`);
  }
}

/** Bytes written <0xNN> become text where they are UTF-8, one U+FFFD each where they are not. */
const byteFallback: DecoderStep = (tokens) => {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) texts.push(decodeBytes(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (hex) bytes.push(Number.parseInt(hex, 16));
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
};

function decodeBytes(bytes: readonly number[]): string {
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return "\ufffd".repeat(bytes.length);
  }
}

function replace(config: JsonObject): DecoderStep {
  const { String: literal } = (config.pattern ?? {}) as { String?: unknown };
  if (typeof literal !== "string" || literal === "") {
    throw new AppError(
      "unsupported",
      "tokenizer.json: a decoder that replaces by a regular expression is not read.",
    );
  }
  const content = String(config.content ?? "");
  return (tokens) => {
    let length = 0;
    return tokens.map((token) => {
      const places = token.split(literal).length - 1;
      checkGrowth((length += token.length + places * (content.length - literal.length)));
      return token.replaceAll(literal, () => content);
    });
  };
}

function strip(content: string, start: number, stop: number): DecoderStep {
  return (tokens) =>
    tokens.map((token) => {
      let from = 0;
      let to = token.length;
      while (from < Math.min(start, to) && token[from] === content) from++;
      while (to > from && token.length - to < stop && token[to - 1] === content) to--;
      return token.slice(from, to);
    });
}

function metaspace(config: JsonObject): DecoderStep {
  const mark = typeof config.replacement === "string" ? config.replacement : "\u2581";
  const prepends = config.prepend_scheme !== "never" && config.add_prefix_space !== false;
  return (tokens) =>
    tokens.map((token, index) => {
      const own = index === 0 && prepends && token.startsWith(mark) ? token.slice(mark.length) : token;
      return own.replaceAll(mark, " ");
    });
}
