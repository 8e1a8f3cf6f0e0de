/**
 * Walks over the start of a GGUF file, little-endian. It distinguishes the end of what was fetched (`MoreNeeded`: fetch
 * more and start again) from the end of the file (truncated), and checks every length before it is believed.
 */
import { fault } from "../fault";

/** The fetched part ends before `bytes`; the file goes on. */
export class MoreNeeded extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super(`bytes up to ${bytes} are needed`);
    this.bytes = bytes;
  }
}

export class GgufCursor {
  readonly file: string;
  at = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #fileSize: number;

  /** @param bytes the file's beginning */
  constructor(file: string, bytes: Uint8Array<ArrayBuffer>, fileSize: number) {
    this.file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileSize = fileSize;
  }

  /** Moves over `length` bytes and returns where they begin. `field` names what is being read. */
  take(length: number, field: string): number {
    const end = this.at + length;
    if (end > this.#fileSize) {
      throw fault("truncated", this.file, `the file ends at byte ${this.#fileSize}, inside ${field}`);
    }
    if (end > this.#bytes.length) throw new MoreNeeded(end);
    const start = this.at;
    this.at = end;
    return start;
  }

  u8 = (field: string): number => this.#view.getUint8(this.take(1, field));
  i8 = (field: string): number => this.#view.getInt8(this.take(1, field));
  u16 = (field: string): number => this.#view.getUint16(this.take(2, field), true);
  i16 = (field: string): number => this.#view.getInt16(this.take(2, field), true);
  u32 = (field: string): number => this.#view.getUint32(this.take(4, field), true);
  i32 = (field: string): number => this.#view.getInt32(this.take(4, field), true);
  f32 = (field: string): number => this.#view.getFloat32(this.take(4, field), true);
  u64 = (field: string): bigint => this.#view.getBigUint64(this.take(8, field), true);
  i64 = (field: string): bigint => this.#view.getBigInt64(this.take(8, field), true);
  f64 = (field: string): number => this.#view.getFloat64(this.take(8, field), true);

  /** A copy of the next bytes, so that values outlive the buffer. */
  bytes(length: number, field: string): Uint8Array<ArrayBuffer> {
    const start = this.take(length, field);
    return this.#bytes.slice(start, start + length);
  }

  /** A 64-bit count of at most `limit`. */
  count(limit: number, field: string): number {
    const count = this.u64(field);
    if (count > BigInt(limit))
      throw fault("limit", this.file, `${field} is ${count}; at most ${limit} are read`);
    return Number(count);
  }

  /** A length-prefixed UTF-8 text of at most `limit` bytes; invalid sequences become U+FFFD. */
  text(limit: number, field: string): string {
    const length = this.count(limit, `the length of ${field}`);
    const start = this.take(length, field);
    return length < 24
      ? this.#shortText(start, length)
      : decoder.decode(this.#bytes.subarray(start, start + length));
  }

  /** Vocabularies are hundreds of thousands of short, mostly ASCII texts; TextDecoder is slow on those. */
  #shortText(start: number, length: number): string {
    let text = "";
    for (let i = start; i < start + length; i++) {
      const byte = this.#bytes[i]!;
      if (byte > 127) return decoder.decode(this.#bytes.subarray(start, start + length));
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
