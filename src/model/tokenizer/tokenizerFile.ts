/**
 * Reads tokenizer.json: a stranger's file, so everything is checked before the library sees it, and what cannot be true
 * is refused with the field's name. Only BPE is read; every supported family uses it.
 */
import { AppError, invariant } from "../../lib/errors";
import type { FileFault } from "../../domain/errors";
import type { AddedToken } from "./addedTokens";
import { checkPattern } from "./patternCheck";

export type JsonObject = { readonly [key: string]: unknown };

/** What a tokenizer is built from: tokenizer.json and tokenizer_config.json, parsed; a chat template kept in its own file. */
export type TokenizerFiles = { tokenizer: unknown; config?: unknown; chatTemplate?: string | undefined };

/** tokenizer.json after all checks. */
export type TokenizerFile = {
  json: JsonObject;
  vocabulary: ReadonlyMap<string, number>;
  addedTokens: readonly AddedToken[];
  unknownToken: string | undefined;
  fuseUnknown: boolean;
  byteFallback: boolean;
  ignoreMerges: boolean;
  /** Words reach the model as GPT-2 byte symbols (a ByteLevel step somewhere in the pre-tokeniser). */
  byteLevel: boolean;
};

/** Highest id accepted, and how deep steps may nest. Real ones stay below 300,000 and 3. */
const MAX_ID = 1_048_575;
const MAX_DEPTH = 16;
const STEPS = ["normalizer", "pre_tokenizer", "post_processor", "decoder"] as const;

const fail = (fault: FileFault, field: string, problem: string): never => {
  const remedy = "Take the tokenizer files from the model's original repository.";
  throw new AppError(fault, `tokenizer.json: ${field} ${problem}.`, remedy, { field });
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Parses the text of a JSON file. Throws `bad-json`. */
export function parseTokenizerText(text: string, fileName = "tokenizer.json"): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError("bad-json", `${fileName} is not valid JSON: ${reason}.`, "Download the file again.", {
      fileName,
    });
  }
}

/** Checks a parsed tokenizer.json. Throws `bad-json`, `limit`, `unsupported` or `bad-tokenizer`, naming the field. */
export function readTokenizerFile(parsed: unknown): TokenizerFile {
  if (!isObject(parsed)) return fail("bad-json", "the file", "is not a JSON object");
  const model = parsed.model;
  if (!isObject(model)) return fail("bad-tokenizer", "model", "is missing");
  const type = model.type ?? (isObject(model.vocab) && Array.isArray(model.merges) ? "BPE" : undefined);
  if (type !== "BPE") fail("unsupported", "model.type", `is ${JSON.stringify(type)}; only BPE is read`);
  const json = { ...parsed, model: { ...model, type }, added_tokens: parsed.added_tokens ?? [] };
  for (const step of STEPS) checkStep(parsed[step] ?? null, step, 0);
  const vocabulary = readVocabulary(model.vocab);
  checkMerges(model.merges, vocabulary);
  for (const affix of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[affix])
      fail("unsupported", `model.${affix}`, `is ${JSON.stringify(model[affix])}; only none is read`);
  }
  const unknownToken = model.unk_token ?? undefined;
  if (unknownToken !== undefined && (typeof unknownToken !== "string" || !vocabulary.has(unknownToken))) {
    return fail("bad-tokenizer", "model.unk_token", "is not in the vocabulary");
  }
  return {
    json: { ...json, ...Object.fromEntries(STEPS.map((step) => [step, parsed[step] ?? null])) },
    vocabulary,
    addedTokens: readAddedTokens(json.added_tokens, vocabulary),
    unknownToken,
    fuseUnknown: flag(model, "fuse_unk", "model"),
    byteFallback: flag(model, "byte_fallback", "model"),
    ignoreMerges: flag(model, "ignore_merges", "model"),
    byteLevel: hasByteLevel(parsed.pre_tokenizer ?? null),
  };
}

/** False when absent; anything but true or false is refused, for it would silently make another tokenizer. */
function flag(object: JsonObject, name: string, field: string): boolean {
  const value = Object.hasOwn(object, name) ? (object[name] ?? false) : false;
  return typeof value === "boolean"
    ? value
    : fail("bad-tokenizer", `${field}.${name}`, "is neither true nor false");
}

function checkStep(value: unknown, field: string, depth: number): void {
  if (depth > MAX_DEPTH) fail("limit", field.slice(0, 60), `is nested deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkStep(item, `${field}[${index}]`, depth + 1);
  } else if (isObject(value)) {
    if (typeof value.type === "string") checkFields(value, field);
    for (const key of Object.keys(value)) checkStep(value[key], `${field}.${key}`, depth + 1);
  } else if (depth === 0 && value !== null) {
    fail("bad-tokenizer", field, "is neither null nor an object");
  }
  const list = isObject(value) && value.type === "Sequence" ? stepsOf(value) : [];
  if (list === undefined) fail("bad-tokenizer", field, "is a Sequence without its steps");
}

const stepsOf = (sequence: JsonObject): JsonObject[] | undefined => {
  const keys = ["normalizers", "pretokenizers", "processors", "decoders"];
  const list = keys.map((key) => sequence[key]).find((steps) => steps !== undefined);
  return Array.isArray(list) && list.every(isObject) ? list : undefined;
};

/** What a step of any kind may say of these; another type would be read as a default, and another tokenizer result. */
const FIELD_TYPES: Readonly<Record<string, "boolean" | "string" | "number">> = {
  add_prefix_space: "boolean",
  use_regex: "boolean",
  individual_digits: "boolean",
  invert: "boolean",
  split: "boolean",
  strip_left: "boolean",
  strip_right: "boolean",
  content: "string",
  prepend: "string",
  replacement: "string",
  prepend_scheme: "string",
  behavior: "string",
  start: "number",
  stop: "number",
};

function checkFields(step: JsonObject, field: string): void {
  for (const [name, type] of Object.entries(FIELD_TYPES)) {
    const value = Object.hasOwn(step, name) ? (step[name] ?? undefined) : undefined;
    if (value !== undefined && typeof value !== type)
      fail("bad-tokenizer", `${field}.${name}`, `is no ${type}`);
  }
  const { pattern } = step;
  if (isObject(pattern)) checkPatternField(pattern, `${field}.pattern`);
  else if (pattern !== undefined && pattern !== null)
    fail("bad-tokenizer", `${field}.pattern`, "is no object");
}

function checkPatternField(pattern: JsonObject, field: string): void {
  if (typeof pattern.Regex === "string") checkPattern(pattern.Regex, field);
  else if (typeof pattern.String !== "string" || pattern.String === "")
    fail("bad-tokenizer", field, "has neither a Regex nor a String");
}

function readVocabulary(vocab: unknown): ReadonlyMap<string, number> {
  if (!isObject(vocab)) return fail("bad-tokenizer", "model.vocab", "is not an object of ids");
  const vocabulary = new Map<string, number>();
  const tokenOfId = new Map<number, string>();
  for (const [token, id] of Object.entries(vocab)) {
    const field = `model.vocab[${JSON.stringify(token.slice(0, 40))}]`;
    checkId(id, field);
    const other = tokenOfId.get(id);
    if (other !== undefined)
      fail("bad-tokenizer", field, `has id ${id}, which ${JSON.stringify(other)} already has`);
    tokenOfId.set(id, token);
    vocabulary.set(token, id);
  }
  if (vocabulary.size === 0) fail("bad-tokenizer", "model.vocab", "is empty");
  return vocabulary;
}

function checkId(id: unknown, field: string): asserts id is number {
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0) {
    fail("bad-tokenizer", field, `has the id ${JSON.stringify(id)}, not a whole number from 0`);
  } else if (id > MAX_ID) fail("limit", field, `has the id ${id}, above ${MAX_ID}`);
}

function checkMerges(merges: unknown, vocabulary: ReadonlyMap<string, number>): void {
  if (!Array.isArray(merges)) return fail("bad-tokenizer", "model.merges", "is not a list");
  const asPairs = Array.isArray(merges[0]);
  for (const [index, merge] of merges.entries()) {
    const field = `model.merges[${index}]`;
    // Both spellings exist, "a b" and ["a", "b"], but not mixed: the library looks at the first only.
    const parts: unknown = asPairs ? merge : typeof merge === "string" ? merge.split(" ") : undefined;
    if (
      !Array.isArray(parts) ||
      parts.length !== 2 ||
      !parts.every((part) => typeof part === "string" && part !== "")
    ) {
      return fail("bad-tokenizer", field, "is not a pair of tokens");
    }
    const [left, right] = parts as [string, string];
    for (const token of [left, right, left + right]) {
      if (!vocabulary.has(token))
        fail("bad-tokenizer", field, `names ${JSON.stringify(token)}, not in the vocabulary`);
    }
  }
}

function readAddedTokens(list: unknown, vocabulary: ReadonlyMap<string, number>): AddedToken[] {
  if (!Array.isArray(list)) return fail("bad-tokenizer", "added_tokens", "is not a list");
  const contentOfId = new Map([...vocabulary].map(([token, id]) => [id, token]));
  return list.map((item: unknown, index) => {
    const field = `added_tokens[${index}]`;
    if (!isObject(item) || typeof item.content !== "string" || item.content === "") {
      return fail("bad-tokenizer", field, "has no content");
    }
    const { content, id } = item;
    checkId(id, field);
    const other = contentOfId.get(id) ?? content;
    if (other !== content)
      fail("bad-tokenizer", field, `has id ${id}, which ${JSON.stringify(other)} already has`);
    if ((vocabulary.get(content) ?? id) !== id) fail("bad-tokenizer", field, `has another id in model.vocab`);
    contentOfId.set(id, content);
    return {
      id,
      content,
      special: flag(item, "special", field),
      normalized: flag(item, "normalized", field),
      lstrip: flag(item, "lstrip", field),
      rstrip: flag(item, "rstrip", field),
      singleWord: flag(item, "single_word", field),
    };
  });
}

function hasByteLevel(step: unknown): boolean {
  if (!isObject(step)) return false;
  invariant(step.type !== "Sequence" || stepsOf(step), "steps were checked before");
  return step.type === "ByteLevel" || (step.type === "Sequence" && stepsOf(step)!.some(hasByteLevel));
}
