/** The key-value pairs of a GGUF file, and typed ways to ask for them. */

export type GgufArray = readonly string[] | readonly boolean[] | readonly GgufArray[] | GgufNumbers;

/** Arrays of numbers stay typed arrays; 64-bit ones become Float64Array when exact, else BigInt arrays. */
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

/** 64-bit integers are numbers when exact, else bigint. */
export type GgufValue = number | bigint | boolean | string | GgufArray;

export type GgufMetadata = ReadonlyMap<string, GgufValue>;
