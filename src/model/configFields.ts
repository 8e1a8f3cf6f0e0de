/**
 * Reads single fields of a config.json with bounds, so that every refusal names the file, the field and the reason.
 * What the fields mean is left to the families.
 */
import { AppError } from "../lib/errors";
import type { FileFault } from "../domain/errors";

type Bounds = { min: number; max: number };

/** A JSON object whose fields are read by name; `null` counts as absent, inherited properties do not count. */
export type ConfigFields = {
  readonly file: string;
  has(name: string): boolean;
  /** Whole number within bounds: above them is `limit`, anything else wrong is `bad-config`. */
  integer(name: string, bounds: Bounds, fallback?: number): number;
  /** Finite number within bounds. */
  number(name: string, bounds: Bounds, fallback?: number): number;
  boolean(name: string, fallback: boolean): boolean;
  text(name: string, fallback?: string): string;
  texts(name: string): readonly string[] | undefined;
  /** A nested object, with `name.` in front of its fields' names in messages. */
  object(name: string): ConfigFields | undefined;
  /** One token id, several, or none. */
  tokenIds(name: string, vocabularySize: number): readonly number[];
  fail(code: FileFault, field: string, problem: string, remedy?: string): AppError;
};

/** Wraps parsed JSON. Throws `bad-json` when it is not an object. */
export function readConfigFields(json: unknown, file: string, path = ""): ConfigFields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    const where = path === "" ? file : `${file}: “${path.slice(0, -1)}”`;
    throw new AppError(path === "" ? "bad-json" : "bad-config", `${where} must be a JSON object.`, REMEDY, {
      file,
    });
  }
  return new Fields(json as Record<string, unknown>, file, path);
}

const REMEDY = "Take the model's files again from where they were published.";

class Fields implements ConfigFields {
  readonly file: string;
  readonly #json: Record<string, unknown>;
  readonly #path: string;

  constructor(json: Record<string, unknown>, file: string, path: string) {
    this.#json = json;
    this.file = file;
    this.#path = path;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  integer(name: string, bounds: Bounds, fallback?: number): number {
    const value = this.number(name, bounds, fallback);
    if (!Number.isInteger(value)) throw this.fail("bad-config", name, `is ${value}, not a whole number`);
    return value;
  }

  number(name: string, { min, max }: Bounds, fallback?: number): number {
    const value = this.#value(name) ?? fallback;
    if (value === undefined) throw this.fail("missing", name, "is missing");
    if (typeof value !== "number")
      throw this.fail("bad-config", name, `must be a number, not ${show(value)}`);
    if (!Number.isFinite(value)) throw this.fail("bad-config", name, "is not a finite number");
    if (value < min) throw this.fail("bad-config", name, `is ${value}, below the least allowed value ${min}`);
    if (value > max) throw this.fail("limit", name, `is ${value}, above the limit of ${max}`);
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#value(name) ?? fallback;
    if (typeof value !== "boolean")
      throw this.fail("bad-config", name, `must be true or false, not ${show(value)}`);
    return value;
  }

  text(name: string, fallback?: string): string {
    const value = this.#value(name) ?? fallback;
    if (value === undefined) throw this.fail("missing", name, "is missing");
    if (typeof value !== "string") throw this.fail("bad-config", name, `must be a text, not ${show(value)}`);
    return value;
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw this.fail("bad-config", name, "must be a list of texts");
    }
    return value;
  }

  object(name: string): ConfigFields | undefined {
    const value = this.#value(name);
    return value === undefined ? undefined : readConfigFields(value, this.file, `${this.#path}${name}.`);
  }

  tokenIds(name: string, vocabularySize: number): readonly number[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    return ids.map((id) => {
      if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < vocabularySize) return id;
      throw this.fail("bad-config", name, `holds ${show(id)}, which is no token id below ${vocabularySize}`);
    });
  }

  fail(code: FileFault, field: string, problem: string, remedy = REMEDY): AppError {
    const path = `${this.#path}${field}`;
    return new AppError(code, `${this.file}: “${path}” ${problem}.`, remedy, {
      file: this.file,
      field: path,
    });
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.#json, name) ? (this.#json[name] ?? undefined) : undefined;
  }
}

function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? `the text “${value.slice(0, 40)}”` : String(value);
}
