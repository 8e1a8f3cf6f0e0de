/**
 * Makes a WebAssembly module work on memory that several threads share. tfjs's build and our kernels are compiled for
 * memory of their own; the instructions are the same either way, only what the module says of its memory differs: the
 * flag "shared", which asks for an upper bound. tfjs's own build with threads would bring its own pool of them, which
 * our kernels could not use.
 */
import { invariant } from "../../lib/errors";

const IMPORTS = 2;
const MEMORIES = 5;
const MEMORY_KIND = 2;
const HAS_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;
/** 4 GiB in pages of 64 KiB, what tfjs's build allows itself. */
const MOST_PAGES = 65536;

/** The module with its one memory, imported or its own, declared as shared; everything else byte for byte. */
export function withSharedMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(module);
  const parts: ArrayLike<number>[] = [module.subarray(0, 8)];
  reader.at = 8;
  let changed = 0;
  while (reader.at < module.length) {
    const id = reader.byte();
    const size = reader.number();
    const body = module.subarray(reader.at, reader.at + size);
    reader.at += size;
    const rewritten =
      id === MEMORIES ? sharedMemories(body) : id === IMPORTS ? sharedImports(body) : undefined;
    if (rewritten) changed++;
    parts.push([id], leb(rewritten?.length ?? size), rewritten ?? body);
  }
  invariant(changed === 1, "a module has one memory");
  return joined(parts);
}

function joined(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  /** An unsigned number in seven bits a byte. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  bytes(count: number): number[] {
    this.at += count;
    return [...this.#bytes.subarray(this.at - count, this.at)];
  }
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...leb(Math.floor(value / 128))];
}

/** Limits of a memory, read and written again as shared. */
function sharedLimits(reader: Reader): number[] {
  const flags = reader.byte();
  const least = reader.number();
  const most = (flags & HAS_MAXIMUM) !== 0 ? reader.number() : MOST_PAGES;
  return [SHARED_WITH_MAXIMUM, ...leb(least), ...leb(most)];
}

function sharedMemories(body: Uint8Array): number[] {
  const reader = new Reader(body);
  invariant(reader.number() === 1, "one memory");
  return [1, ...sharedLimits(reader)];
}

/** Undefined when no memory is imported. */
function sharedImports(body: Uint8Array): number[] | undefined {
  const reader = new Reader(body);
  const count = reader.number();
  const out = leb(count);
  let found = false;
  for (let entry = 0; entry < count; entry++) {
    for (let name = 0; name < 2; name++) {
      const length = reader.number();
      out.push(...leb(length), ...reader.bytes(length));
    }
    const kind = reader.byte();
    out.push(kind);
    if (kind === MEMORY_KIND) {
      found = true;
      out.push(...sharedLimits(reader));
    } else {
      invariant(kind === 0, "our modules import functions and memory only");
      out.push(...leb(reader.number()));
    }
  }
  return found ? out : undefined;
}
