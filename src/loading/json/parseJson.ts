/**
 * JSON from a stranger: UTF-8 checked, depth limited before anything is built, duplicate keys found. The values are
 * plain `JSON.parse` results; a key named `__proto__` becomes an ordinary own property and changes no prototype.
 */
import { readWhole, type ByteSource } from "../byteSource";
import { fault, quoted } from "../fault";
import { scanJson } from "./scanJson";

export const MAX_JSON_DEPTH = 64;

/** `duplicates: "keep"` is for files people edit by hand, where the last of two equal keys has always won. */
export type JsonOptions = { duplicates?: "refuse" | "keep" };

/**
 * @throws AppError bad-json (not UTF-8, not JSON), limit (too deep), duplicate
 */
export function parseJson(
  bytes: Uint8Array,
  file: string,
  { duplicates = "refuse" }: JsonOptions = {},
): unknown {
  const text = decodeUtf8(bytes, file);
  scanJson(text, {
    maxDepth: MAX_JSON_DEPTH,
    onTooDeep: () => fault("limit", file, `the JSON nests deeper than ${MAX_JSON_DEPTH} levels`),
    onDuplicate: (key) =>
      duplicates === "keep"
        ? undefined
        : fault("duplicate", file, `the key ${quoted(key)} occurs twice in one object`),
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? quoted(error.message) : "unknown reason";
    throw fault("bad-json", file, `this is not JSON (${reason})`);
  }
}

/** A whole JSON file of at most `limit` bytes. */
export async function readJson(
  source: ByteSource,
  limit: number,
  signal?: AbortSignal,
  options: JsonOptions = {},
): Promise<unknown> {
  return parseJson(await readWhole(source, limit, signal), source.name, options);
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object's own property; inherited ones (`constructor`, …) do not count. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fault("bad-json", file, "the text is not valid UTF-8");
  }
}
