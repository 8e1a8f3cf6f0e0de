/** One metadata value of a GGUF file: a scalar, a text, or an array of these. */
import { fault } from "../fault";
import type { GgufArray, GgufValue } from "./ggufMetadata";
import type { GgufCursor } from "./ggufCursor";

const MAX_TEXT_BYTES = 10_000_000;
const MAX_ARRAY_LENGTH = 1_000_000;
const MAX_ARRAY_DEPTH = 4;

const BOOL = 7;
const TEXT = 8;
const ARRAY = 9;

/** Bytes per element and the typed array of each numeric type id. Slices are copies, hence aligned. */
const NUMBERS = {
  0: { bytes: 1, view: Uint8Array },
  1: { bytes: 1, view: Int8Array },
  2: { bytes: 2, view: Uint16Array },
  3: { bytes: 2, view: Int16Array },
  4: { bytes: 4, view: Uint32Array },
  5: { bytes: 4, view: Int32Array },
  6: { bytes: 4, view: Float32Array },
  10: { bytes: 8, view: BigUint64Array },
  11: { bytes: 8, view: BigInt64Array },
  12: { bytes: 8, view: Float64Array },
} as const;

/**
 * @param type value type id as the file gives it
 * @param key what the value belongs to, for messages
 * @throws AppError unsupported, limit, truncated, bad-layout
 */
export function readGgufValue(cursor: GgufCursor, type: number, key: string, depth = 0): GgufValue {
  switch (type) {
    case 0:
      return cursor.u8(key);
    case 1:
      return cursor.i8(key);
    case 2:
      return cursor.u16(key);
    case 3:
      return cursor.i16(key);
    case 4:
      return cursor.u32(key);
    case 5:
      return cursor.i32(key);
    case 6:
      return cursor.f32(key);
    case BOOL:
      return readBoolean(cursor, key);
    case TEXT:
      return cursor.text(MAX_TEXT_BYTES, key);
    case ARRAY:
      return readArray(cursor, key, depth + 1);
    case 10:
      return exact(cursor.u64(key));
    case 11:
      return exact(cursor.i64(key));
    case 12:
      return cursor.f64(key);
    default:
      throw fault("unsupported", cursor.file, `${key} has the unknown value type ${type}`);
  }
}

function readArray(cursor: GgufCursor, key: string, depth: number): GgufArray {
  if (depth > MAX_ARRAY_DEPTH) {
    throw fault("limit", cursor.file, `${key} nests arrays deeper than ${MAX_ARRAY_DEPTH} levels`);
  }
  const type = cursor.u32(key);
  const length = cursor.count(MAX_ARRAY_LENGTH, `the array length in ${key}`);
  if (Object.hasOwn(NUMBERS, type)) {
    const { bytes, view } = NUMBERS[type as keyof typeof NUMBERS];
    return new view(cursor.bytes(length * bytes, key).buffer);
  }
  const values: GgufValue[] = [];
  for (let i = 0; i < length; i++) values.push(readGgufValue(cursor, type, key, depth));
  if (length === 0 && type > 12)
    throw fault("unsupported", cursor.file, `${key} is an array of the unknown type ${type}`);
  return values as unknown as GgufArray;
}

function readBoolean(cursor: GgufCursor, key: string): boolean {
  const byte = cursor.u8(key);
  if (byte > 1)
    throw fault("bad-layout", cursor.file, `${key} is a truth value of ${byte} instead of 0 or 1`);
  return byte === 1;
}

/** A 64-bit integer as a number where no digit is lost. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
