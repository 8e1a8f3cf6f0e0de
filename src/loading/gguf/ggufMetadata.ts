/** The key-value pairs of a GGUF file, and typed ways to ask for them. */
import { fault, quoted } from "../fault";

/** Arrays of numbers stay typed arrays; copies, so they outlive the file's buffer. */
export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

export type GgufArray = readonly string[] | readonly boolean[] | readonly GgufArray[] | GgufNumbers;

/** 64-bit integers are numbers when exact, else bigint. */
export type GgufValue = number | bigint | boolean | string | GgufArray;

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Asks for metadata by key with the type wanted; refuses another type by name. */
export class MetadataReader {
  readonly #metadata: GgufMetadata;
  readonly #file: string;

  constructor(metadata: GgufMetadata, file: string) {
    this.#metadata = metadata;
    this.#file = file;
  }

  has(key: string): boolean {
    return this.#metadata.has(key);
  }

  /** @throws AppError missing, bad-config */
  number(key: string): number {
    const value = this.optionalNumber(key);
    if (value === undefined) throw fault("missing", this.#file, `the metadata key ${quoted(key)} is absent`);
    return value;
  }

  /** Single-precision values come back as the shortest decimal that rounds to them: 1e-5, not 9.99999974e-6. */
  optionalNumber(key: string): number | undefined {
    const value = this.#metadata.get(key);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isFinite(value)) return shortestSingle(value);
    throw fault("bad-config", this.#file, `the metadata key ${quoted(key)} is not a finite number`);
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.#metadata.get(key);
    if (value === undefined || typeof value === "boolean") return value;
    throw fault("bad-config", this.#file, `the metadata key ${quoted(key)} is not a truth value`);
  }

  optionalText(key: string): string | undefined {
    const value = this.#metadata.get(key);
    if (value === undefined || typeof value === "string") return value;
    throw fault("bad-config", this.#file, `the metadata key ${quoted(key)} is not a text`);
  }
}

function shortestSingle(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
