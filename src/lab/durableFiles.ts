/**
 * Small files that survive a crash in the middle of writing. Every name has two slots, written in turn; each slot
 * carries a counter and a checksum, and the newest whole one counts. Other tabs are kept out while one is written.
 */
import { AppError } from "../lib/errors";

/** A flat folder of files; writing may stop anywhere. */
export type RawFiles = {
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
};

/** A file's content, and what tells it from every other content that was ever written under its name. */
export type Stored = { content: Uint8Array<ArrayBuffer>; version: string };

export type DurableFiles = RawFiles & {
  latest(name: string): Promise<Stored | undefined>;
  /**
   * Lets `change` see what is stored and decide what takes its place (undefined: nothing), while no other tab can
   * write under this name. Returns the new version. @throws AppError storage, or what `change` throws
   */
  update(
    name: string,
    change: (current: Stored | undefined) => Promise<Uint8Array<ArrayBuffer> | undefined>,
  ): Promise<string | undefined>;
};

/** Runs jobs of one name one after another, in all tabs. */
export type Exclusive = <T>(name: string, job: () => Promise<T>) => Promise<T>;

/** SHA-256 of the rest (32 bytes), then the counter (8 bytes), then the content. */
const DIGEST = 32;
const HEADER = DIGEST + 8;
const SLOTS = ["a", "b"] as const;

type Slot = Stored & { name: string; counter: number };

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.subarray(DIGEST)));
}

const versionOf = (bytes: Uint8Array): string => [...bytes.subarray(0, DIGEST)].join();

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
  return { name, counter, version: versionOf(bytes), content: bytes.subarray(HEADER) };
}

async function newest(raw: RawFiles, name: string): Promise<Slot | undefined> {
  let best: Slot | undefined;
  // One after the other, each a view of what was read: a long stack is large, and the older slot is let go.
  for (const slot of SLOTS) {
    const found = await open(raw, `${name}.${slot}`);
    if (found && found.counter > (best?.counter ?? -1)) best = found;
  }
  return best;
}

function refused(name: string, error: unknown): AppError {
  const isFull = error instanceof Error && error.name === "QuotaExceededError";
  return new AppError(
    "storage",
    isFull ? "its storage is full." : `its storage could not take ${name} (${(error as Error).message}).`,
    "Save your edits to a file; free some disk space to have them kept automatically.",
    { name, full: isFull },
  );
}

const otherSlot = (name: string, last: Slot | undefined): string =>
  last?.name === `${name}.a` ? `${name}.b` : `${name}.a`;

async function replace(
  raw: RawFiles,
  name: string,
  last: Slot | undefined,
  content: Uint8Array<ArrayBuffer> | undefined,
): Promise<string | undefined> {
  try {
    if (content !== undefined) {
      const bytes = await seal((last?.counter ?? 0) + 1, content);
      await raw.write(otherSlot(name, last), bytes);
      return versionOf(bytes);
    }
    // The older slot goes first: a crash between the two must not bring its content back.
    await raw.remove(otherSlot(name, last));
    await raw.remove(last?.name ?? `${name}.b`);
    return undefined;
  } catch (error) {
    throw refused(name, error);
  }
}

/**
 * Wraps `raw` so that a read gives the last content whose write was finished.
 * @param exclusive keeps other tabs out; without it, this must be the only user of the files
 */
export function durableFiles(raw: RawFiles, exclusive: Exclusive = (_name, job) => job()): DurableFiles {
  const latest = (name: string): Promise<Stored | undefined> => exclusive(name, () => newest(raw, name));
  const update: DurableFiles["update"] = (name, change) =>
    exclusive(name, async () => {
      const last = await newest(raw, name);
      return replace(raw, name, last, await change(last));
    });
  return {
    latest,
    update,
    read: async (name) => (await latest(name))?.content,
    write: async (name, bytes) => void (await update(name, async () => bytes)),
    remove: async (name) => void (await update(name, async () => undefined)),
  };
}

/** Files in memory: for the shell, which keeps nothing. */
export function memoryFiles(): RawFiles {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    read: async (name) => files.get(name),
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}

/** No files at all, for browsers that give no storage: reads find nothing, writes are refused. */
export function noFiles(): RawFiles {
  return {
    read: async () => undefined,
    write: () => Promise.reject(new Error("it gives this page none")),
    remove: async () => undefined,
  };
}
