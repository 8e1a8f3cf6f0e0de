/**
 * A tokenizer from a GGUF's `tokenizer.ggml.*` pairs, rebuilt into the form of tokenizer.json, so that one reader serves
 * both. A GGUF names its pre-tokeniser instead of stating it (`tokenizer.ggml.pre`), and states no normaliser at all: both
 * come from tables here. What cannot be rebuilt faithfully is refused.
 */
import { AppError } from "../../lib/errors";
import { byteTokenName } from "./pieces";
import { preTokenizerNamed } from "./ggufPreTokenizers";
import { mergesFromScores } from "./sentencePieceMerges";
import type { TokenizerFiles } from "./tokenizerFile";

/** llama.cpp's kinds of token. */
const KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

type GgufToken = { id: number; content: string; kind: number };
type Metadata = ReadonlyMap<string, unknown>;

/** Throws AppError `missing`, `bad-tokenizer` or `unsupported`, naming the key. */
export function tokenizerFromGguf(metadata: Metadata): TokenizerFiles {
  const tokens = readTokens(metadata);
  const model = metadata.get("tokenizer.ggml.model");
  const tokenizer =
    model === "gpt2"
      ? byteLevelTokenizer(metadata, tokens)
      : model === "llama"
        ? sentencePieceTokenizer(metadata, tokens)
        : fail(
            "unsupported",
            "tokenizer.ggml.model",
            `is ${JSON.stringify(model ?? null)}; gpt2 and llama are read`,
          );
  return { tokenizer, config: tokenizerConfig(metadata, tokens) };
}

function fail(code: "missing" | "bad-tokenizer" | "unsupported", key: string, problem: string): never {
  const remedy = "Open a GGUF made by llama.cpp's converter, or the model's original files.";
  throw new AppError(code, `The GGUF's ${key} ${problem}.`, remedy, { field: key });
}

function readTokens(metadata: Metadata): GgufToken[] {
  const contents = stringList(metadata, "tokenizer.ggml.tokens");
  const kinds = numberList(metadata, "tokenizer.ggml.token_type", contents.length);
  const seen = new Set<string>();
  return contents.map((content, id) => {
    const kind = kinds?.[id] ?? KIND.normal;
    if (kind !== KIND.unused && seen.has(content)) {
      fail(
        "bad-tokenizer",
        "tokenizer.ggml.tokens",
        `holds ${JSON.stringify(content)} twice (again at ${id})`,
      );
    }
    seen.add(content);
    return { id, content, kind };
  });
}

function byteLevelTokenizer(metadata: Metadata, tokens: readonly GgufToken[]): object {
  const name = metadata.get("tokenizer.ggml.pre") ?? "gpt-2";
  const known = preTokenizerNamed(String(name));
  if (!known)
    fail(
      "unsupported",
      "tokenizer.ggml.pre",
      `is ${JSON.stringify(name)}, a splitting rule that is not known`,
    );
  // llama.cpp looks for the space from the second character on.
  const merges = stringList(metadata, "tokenizer.ggml.merges").map((merge) => {
    const space = merge.indexOf(" ", 1);
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
  return {
    added_tokens: addedTokens(tokens),
    normalizer: known.normalizer,
    pre_tokenizer: known.preTokenizer,
    post_processor: template(metadata, tokens, known.addsBos),
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", vocab: vocabulary(tokens), merges, ignore_merges: known.ignoreMerges },
  };
}

function sentencePieceTokenizer(metadata: Metadata, tokens: readonly GgufToken[]): object {
  const scores = numberList(metadata, "tokenizer.ggml.scores", tokens.length);
  if (!scores) fail("missing", "tokenizer.ggml.scores", "is missing");
  const pieces = tokens.filter(({ kind }) => kind === KIND.normal);
  const prefixed = metadata.get("tokenizer.ggml.add_space_prefix") !== false;
  const spaceToMark = { type: "Replace", pattern: { String: " " }, content: "\u2581" };
  const decoders = [
    { type: "Replace", pattern: { String: "\u2581" }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
    ...(prefixed ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
  ];
  const contents = new Set(tokens.map(({ content }) => content));
  const hasAllBytes = Array.from({ length: 256 }, (_, byte) => byteTokenName(byte)).every((name) =>
    contents.has(name),
  );
  return {
    added_tokens: addedTokens(tokens),
    normalizer: prefixed
      ? { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "\u2581" }, spaceToMark] }
      : spaceToMark,
    pre_tokenizer: null,
    post_processor: template(metadata, tokens, true),
    decoder: { type: "Sequence", decoders },
    model: {
      type: "BPE",
      vocab: vocabulary(tokens),
      merges: mergesFromScores(new Map(pieces.map(({ content, id }) => [content, scores[id]!]))),
      unk_token: tokens.find(({ kind }) => kind === KIND.unknown)?.content ?? null,
      fuse_unk: true,
      byte_fallback: hasAllBytes,
    },
  };
}

/** An own-property object even for a token called `__proto__`. */
function vocabulary(tokens: readonly GgufToken[]): object {
  return Object.fromEntries(
    tokens.filter(({ kind }) => kind !== KIND.unused).map(({ content, id }) => [content, id]),
  );
}

/** Control tokens are special and matched as they stand, and so are the user's own. */
function addedTokens(tokens: readonly GgufToken[]): object[] {
  const added: number[] = [KIND.control, KIND.unknown, KIND.userDefined];
  return tokens
    .filter(({ kind, content }) => added.includes(kind) && content !== "")
    .map(({ id, content, kind }) => ({ id, content, special: kind !== KIND.userDefined, normalized: false }));
}

function template(
  metadata: Metadata,
  tokens: readonly GgufToken[],
  addsBosByDefault: boolean,
): object | null {
  const wants = (key: string, byDefault: boolean): boolean => {
    const said = metadata.get(`tokenizer.ggml.add_${key}_token`);
    return typeof said === "boolean" ? said : byDefault;
  };
  const special = (key: string) => {
    const content = tokens[idOf(metadata, key, tokens.length) ?? -1]?.content;
    return content === undefined ? [] : [{ SpecialToken: { id: content, type_id: 0 } }];
  };
  const front = wants("bos", addsBosByDefault) ? special("bos") : [];
  const back = wants("eos", false) ? special("eos") : [];
  if (front.length + back.length === 0) return null;
  return { type: "TemplateProcessing", single: [...front, { Sequence: { id: "A", type_id: 0 } }, ...back] };
}

function tokenizerConfig(metadata: Metadata, tokens: readonly GgufToken[]): object {
  const named = (key: string) => tokens[idOf(metadata, key, tokens.length) ?? -1]?.content;
  return {
    bos_token: named("bos"),
    eos_token: named("eos"),
    unk_token: named("unknown"),
    pad_token: named("padding"),
    chat_template: metadata.get("tokenizer.chat_template"),
  };
}

function idOf(metadata: Metadata, key: string, count: number): number | undefined {
  const name = `tokenizer.ggml.${key}_token_id`;
  const id = metadata.get(name);
  if (id === undefined) return undefined;
  if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < count) return id;
  return fail("bad-tokenizer", name, `is ${String(id)}, not the id of one of the ${count} tokens`);
}

function stringList(metadata: Metadata, key: string): string[] {
  const list = metadata.get(key);
  if (list === undefined) return fail("missing", key, "is missing");
  if (Array.isArray(list) && list.every((item): item is string => typeof item === "string")) return list;
  return fail("bad-tokenizer", key, "is not a list of strings");
}

function numberList(metadata: Metadata, key: string, length: number): ArrayLike<number> | undefined {
  const list = metadata.get(key);
  if (list === undefined) return undefined;
  const isNumbers =
    ArrayBuffer.isView(list) && !(list instanceof BigInt64Array || list instanceof BigUint64Array);
  if (!isNumbers && !(Array.isArray(list) && list.every((item) => typeof item === "number"))) {
    fail("bad-tokenizer", key, "is not a list of numbers");
  }
  const numbers = list as unknown as ArrayLike<number>;
  if (numbers.length !== length)
    fail("bad-tokenizer", key, `has ${numbers.length} values for ${length} tokens`);
  return numbers;
}
