/** Options of every command that edits: the method, its settings, its contexts. */
import type { EditMethod, Settings } from "../domain/edit";
import { METHOD_NAMES } from "../editing/methodNames";
import { AppError } from "../lib/errors";
import { nearest } from "../lib/nearest";
import { parseJson } from "../loading/json/parseJson";
import { parseAssignments, type Options } from "./arguments";
import { readInput } from "./openModel";
import { parseLayers } from "./parseLayers";

/** Throws AppError `usage` with the nearest known name. */
export function readMethod(word: string): EditMethod {
  const method = METHOD_NAMES.find((name) => name.toLowerCase() === word.toLowerCase());
  if (method) return method;
  const guess = nearest(word, METHOD_NAMES);
  throw new AppError(
    "usage",
    `There is no method “${word}”.`,
    guess ? `Did you mean ${guess}?` : `There is ${METHOD_NAMES.join(", ")}.`,
  );
}

/** `--set` and `--layers` together; which of them a method knows is its own affair. */
export function readSettings(options: Options, layerCount: number): Settings {
  const layers = options.text("layers");
  const chosen = layers === undefined ? {} : { layers: parseLayers(layers, layerCount) };
  return { ...parseAssignments(options.texts("set")), ...chosen };
}

/** A flat list of templates, or MEMIT's groups of them. Throws AppError `usage`, `bad-json`, `bad-request`. */
export async function readContexts(path: string): Promise<string[]> {
  const parsed = parseJson(await readInput(path), path);
  const flat = Array.isArray(parsed) ? parsed.flat() : [];
  const contexts = flat.filter(
    (item): item is string => typeof item === "string" && item.split("{}").length === 2,
  );
  if (contexts.length === 0 || contexts.length !== flat.length) {
    throw new AppError(
      "bad-request",
      `${path} is no list of context templates.`,
      'Each holds one {}, such as "So. {}".',
    );
  }
  return contexts;
}
