/**
 * Small files that survive a crash in the middle of writing. Every name has two slots, written in turn; each slot
 * carries a counter and a checksum, and the newest whole one counts.
 */
import { AppError } from "../lib/errors";

/** A flat folder of files; writing may stop anywhere. */
export type RawFiles = {
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
};

export type DurableFiles = RawFiles;

/** SHA-256 of the rest (32 bytes), then the counter (8 bytes), then the content. */
const DIGEST = 32;
const HEADER = DIGEST + 8;
const SLOTS = ["a", "b"] as const;

type Slot = { name: string; counter: number; content: Uint8Array<ArrayBuffer> };

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.subarray(DIGEST)));
}

async function seal(counter: number, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(HEADER + content.length);
  new DataView(bytes.buffer).setBigUint64(DIGEST, BigInt(counter), true);
  bytes.set(content, HEADER);
  bytes.set(await digest(bytes));
  return bytes;
}

/** `undefined` when the slot is absent, cut short or altered. */
async function open(raw: RawFiles, name: string): Promise<Slot | undefined> {
  const bytes = await raw.read(name);
  if (bytes === undefined || bytes.length < HEADER) return undefined;
  const actual = await digest(bytes);
  if (!actual.every((byte, index) => byte === bytes[index])) return undefined;
  const counter = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(DIGEST, true));
  return { name, counter, content: bytes.slice(HEADER) };
}

async function newest(raw: RawFiles, name: string): Promise<Slot | undefined> {
  const slots = await Promise.all(SLOTS.map((slot) => open(raw, `${name}.${slot}`)));
  return slots.reduce(
    (best, slot) => (slot && slot.counter > (best?.counter ?? -1) ? slot : best),
    undefined,
  );
}

/** Wraps `raw` so that a read gives the last content whose write was finished. */
export function durableFiles(raw: RawFiles): DurableFiles {
  return {
    read: async (name) => (await newest(raw, name))?.content,
    async write(name, bytes) {
      const last = await newest(raw, name);
      const slot = last?.name === `${name}.a` ? "b" : "a";
      try {
        await raw.write(`${name}.${slot}`, await seal((last?.counter ?? 0) + 1, bytes));
      } catch (error) {
        throw new AppError(
          "storage",
          `The browser's storage could not take ${name}: ${(error as Error).message}`,
          "Save your edits to a file; free some disk space to have them kept automatically.",
        );
      }
    },
    async remove(name) {
      for (const slot of SLOTS) await raw.remove(`${name}.${slot}`);
    },
  };
}

/** Files in memory: for the shell, which keeps nothing, and for browsers that refuse storage. */
export function memoryFiles(): RawFiles {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    read: async (name) => files.get(name),
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}
