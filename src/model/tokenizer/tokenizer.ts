/**
 * A tokenizer with exact character offsets, on `@huggingface/tokenizers` (which returns none). The library merges and
 * translates regular expressions; what must know places, or differs from the reference, is in the files beside this one.
 * Checking the file is left to tokenizerFile, chat templates to model/chat.
 */
import { BPE } from "@huggingface/tokenizers";
import type { Token } from "../../domain/model";
import { AppError } from "../../lib/errors";
import { renderTemplate } from "../chatTemplate";
import { createDecoder } from "./decoders";
import { createEncoder } from "./encoder";
import { tokenAsText, type Piece } from "./pieces";
import { specialsAround } from "./postProcessor";
import {
  isObject,
  readTokenizerFile,
  type JsonObject,
  type TokenizerFile,
  type TokenizerFiles,
} from "./tokenizerFile";

export type { TokenizerFiles } from "./tokenizerFile";

export type EncodedText = { ids: Int32Array<ArrayBuffer>; tokens: Token[] };

export type Tokenizer = {
  /**
   * Tokens of a text with UTF-16 offsets. `specials` (default true): with the tokens the model wants around every text;
   * these have an empty span. The space before a word belongs to the word's token; tokens that share a character overlap.
   */
  encode(text: string, options?: { specials?: boolean }): EncodedText;
  /** The text of a sequence of tokens. Ids without a token (a padded vocabulary's) stand for nothing. */
  decode(ids: ArrayLike<number>, options?: { skipSpecials?: boolean }): string;
  /** One token by itself, with its leading space; part of a character reads as U+FFFD, an id without a token as ⟨id⟩. */
  tokenText(id: number): string;
  /** The id of a token written as in the vocabulary, or of an added token. */
  idOf(token: string): number | undefined;
  isSpecial(id: number): boolean;
  /** One more than the highest id. The model's own vocabulary may be padded beyond it. */
  vocabularySize: number;
  bosId: number | undefined;
  eosIds: readonly number[];
  /** How many special tokens `encode` puts in front. */
  leadingSpecials: number;
  chatTemplate: string | undefined;
  /** Runs the chat template, a program out of the model's files (chatTemplate.ts); callers go through model/chat.ts. */
  applyChatTemplate(variables: Readonly<Record<string, unknown>>): string;
};

/** No text the lab handles is near this; a longer one is a mistake or an attack. */
const MAX_TEXT = 4_000_000;

/**
 * Builds a tokenizer from its two parsed files. Throws AppError `bad-json`, `bad-tokenizer`, `limit` or `unsupported`
 * with the field's name when the files contradict themselves.
 */
export function createTokenizer(files: TokenizerFiles): Tokenizer {
  const file = readTokenizerFile(files.tokenizer);
  const config = isObject(files.config) ? files.config : {};
  const addedIds = new Map(file.addedTokens.map(({ content, id }) => [content, id]));
  const contents = new Map([...file.vocabulary, ...addedIds].map(([token, id]) => [id, token]));
  const specialIds = new Set(file.addedTokens.filter((token) => token.special).map((token) => token.id));

  const idOf = (token: string): number | undefined => addedIds.get(token) ?? file.vocabulary.get(token);
  const { specials, encodeBare, decodeTokens } = build(file, idOf);
  const tokenText = (id: number): string => {
    const content = contents.get(id);
    if (content === undefined) return `⟨${id}⟩`;
    return addedIds.has(content) ? content : tokenAsText(content, file.byteLevel);
  };
  const bosId = idOf(contentOf(config.bos_token));
  const eosId = idOf(contentOf(config.eos_token));
  const chatTemplate = files.chatTemplate ?? chatTemplateOf(config);

  return {
    encode(text, { specials: withSpecials = true } = {}) {
      checkLength(text);
      const { front, back } = withSpecials ? specials : { front: [], back: [] };
      const pieces: Piece[] = [
        ...front.map((id) => ({ id, start: 0, end: 0 })),
        ...encodeBare(text),
        ...back.map((id) => ({ id, start: text.length, end: text.length })),
      ];
      const tokens = pieces.map(({ id, start, end }) => ({ id, text: tokenText(id), start, end }));
      return { ids: Int32Array.from(pieces, ({ id }) => id), tokens };
    },
    decode(ids, { skipSpecials = false } = {}) {
      const kept = Array.from(ids).filter((id) => contents.has(id) && !(skipSpecials && specialIds.has(id)));
      return decodeTokens(kept.map((id) => contents.get(id)!)).join("");
    },
    tokenText,
    idOf,
    isSpecial: (id) => specialIds.has(id),
    vocabularySize: 1 + [...contents.keys()].reduce((highest, id) => Math.max(highest, id), -1),
    bosId,
    eosIds: eosId === undefined ? [] : [eosId],
    leadingSpecials: specials.front.length,
    chatTemplate,
    applyChatTemplate: (variables) => renderTemplate(chatTemplate ?? "", variables),
  };
}

function checkLength(text: string): void {
  if (text.length <= MAX_TEXT) return;
  const message = `The text has ${text.length} characters; at most ${MAX_TEXT} can be tokenised at once.`;
  throw new AppError("prompt-too-long", message, "Cut it into smaller texts.");
}

/** The library throws plain errors for what it cannot read, mostly regular expressions JavaScript does not have. */
function build(file: TokenizerFile, idOf: (token: string) => number | undefined) {
  const { json } = file;
  try {
    return {
      specials: specialsAround(json.post_processor as JsonObject | null, idOf),
      encodeBare: createEncoder(file, new BPE(json.model as never)),
      decodeTokens: createDecoder(json.decoder as JsonObject | null),
    };
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = "Take the tokenizer files from the model's original repository.";
    throw new AppError("bad-tokenizer", `tokenizer.json cannot be used: ${reason}.`, remedy, { reason });
  }
}

/** A token in tokenizer_config.json: its text, or an object with its text. */
const contentOf = (token: unknown): string =>
  typeof token === "string"
    ? token
    : isObject(token) && typeof token.content === "string"
      ? token.content
      : "";

/** One template, or the one named “default” of several. */
function chatTemplateOf(config: JsonObject): string | undefined {
  const { chat_template: template } = config;
  if (typeof template === "string") return template;
  if (!Array.isArray(template)) return undefined;
  const named: unknown = template.find((item: unknown) => isObject(item) && item.name === "default");
  return isObject(named) && typeof named.template === "string" ? named.template : undefined;
}
