/**
 * Models of the hub kept in the origin's private file system, one folder each. Space is asked for first; a full disk,
 * a second tab or a browser without such storage mean that there is no cache, never that a model cannot be loaded.
 */
import type { Progress } from "../../domain/progress";
import { AppError } from "../../lib/errors";
import { sha256 } from "../../lib/sha256";
import type { ByteSource, ModelFiles } from "../byteSource";
import { opfsSource } from "../byteSource/opfsSource";
import { readEntry, writeEntry, type CachedFile, type CacheEntry } from "./cacheEntry";

import {
  existingFile,
  isLocked,
  isNotFound,
  isQuota,
  withAccess,
  type FolderHandle,
  type StorageEstimate,
} from "./fileHandles";
import { CHUNK_BYTES, storeFile } from "./storeFile";

/** Left free for the edits' journal and the browser itself. */
const RESERVE_BYTES = 64 << 20;
/** Held open while a model is stored: one tab at a time. */
const LOCK = "lock";

export type ModelToStore = {
  ref: string;
  /** The branch, tag or commit the user asked for. */
  revision: string;
  files: ModelFiles;
  /** SHA-256 by file name, as far as it is known beforehand. */
  hashes: ReadonlyMap<string, string>;
  licence?: string;
};

export type CachedModel = Pick<CacheEntry, "ref" | "revision" | "created" | "licence"> & {
  files: ModelFiles;
  bytes: number;
};

/** Why a model was not kept, as a sentence for the user. */
export type Refused = { refused: string };

export type CacheContext = {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
};

export class ModelCache {
  readonly #root: FolderHandle;
  readonly #estimate: StorageEstimate;
  readonly #chunkBytes: number;

  constructor(root: FolderHandle, estimate: StorageEstimate, chunkBytes = CHUNK_BYTES) {
    this.#root = root;
    this.#estimate = estimate;
    this.#chunkBytes = chunkBytes;
  }

  /** The model, if all of it is here. */
  async find(ref: string): Promise<CachedModel | undefined> {
    const folder = await this.#folder(ref, false);
    const entry = folder && (await readEntry(folder));
    return entry?.ref === ref ? openEntry(folder!, entry) : undefined;
  }

  /** Complete models, newest first. */
  async list(): Promise<CachedModel[]> {
    const models: CachedModel[] = [];
    for await (const name of this.#root.keys()) {
      const folder = await this.#root.getDirectoryHandle(name).catch(() => undefined);
      const entry = folder && (await readEntry(folder));
      const model = entry && (await openEntry(folder!, entry));
      if (model) models.push(model);
    }
    return models.sort((a, b) => b.created.localeCompare(a.created));
  }

  /**
   * Downloads a model into the cache, going on where an earlier attempt ended.
   * @throws AppError network, cancelled, or what the files' sources throw; what arrived stays for the next attempt
   */
  async store(model: ModelToStore, context: CacheContext = {}): Promise<CachedModel | Refused> {
    const total = sum([...model.files.values()].map(({ size }) => size));
    try {
      const folder = (await this.#folder(model.ref, true))!;
      return await withAccess(folder, LOCK, () => this.#fill(folder, model, total, context));
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (isLocked(error))
        return { refused: "Another tab is storing this model, so this one loads it without keeping it." };
      await this.remove(model.ref).catch(() => undefined);
      if (isQuota(error)) return { refused: "The browser's storage is full, so the model is not kept." };
      const reason = error instanceof Error ? error.message : String(error);
      return { refused: `The browser's storage failed (${reason}), so the model is not kept.` };
    }
  }

  /** Runs while this tab holds the model's lock. */
  async #fill(
    folder: FolderHandle,
    model: ModelToStore,
    total: number,
    context: CacheContext,
  ): Promise<CachedModel | Refused> {
    const lacking = await this.#lackingSpace(total - (await storedBytes(folder, model.files.size)));
    if (lacking) return { refused: lacking };
    const entry: CacheEntry = {
      version: 1,
      ref: model.ref,
      revision: model.revision,
      created: new Date().toISOString(),
      files: await copyFiles(folder, model, { ...context, total, chunkBytes: this.#chunkBytes }),
      ...(model.licence !== undefined && { licence: model.licence }),
    };
    await writeEntry(folder, entry);
    return (
      (await openEntry(folder, entry)) ?? {
        refused: "The browser's storage lost what was just written to it.",
      }
    );
  }

  /**
   * Deletes a model, complete or not. Deleting one that is not here is fine.
   * @throws AppError storage when another tab is using it
   */
  async remove(ref: string): Promise<void> {
    try {
      await this.#root.removeEntry(await folderName(ref), { recursive: true });
    } catch (error) {
      if (isNotFound(error)) return;
      const message = `${ref} cannot be deleted: ${error instanceof Error ? error.message : String(error)}`;
      throw new AppError("storage", message, "Close other tabs of this page and try again.", { ref });
    }
  }

  /** Bytes of complete models, and what the browser says of all storage. */
  async usage(): Promise<{ models: number; used: number | undefined; quota: number | undefined }> {
    const { usage, quota } = await this.#estimate();
    return { models: sum((await this.list()).map(({ bytes }) => bytes)), used: usage, quota };
  }

  async #folder(ref: string, create: boolean): Promise<FolderHandle | undefined> {
    return this.#root.getDirectoryHandle(await folderName(ref), { create }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  async #lackingSpace(bytes: number): Promise<string | undefined> {
    const { usage = 0, quota } = await this.#estimate();
    if (quota === undefined || bytes + RESERVE_BYTES <= quota - usage) return undefined;
    const [needed, free] = [bytes, Math.max(0, quota - usage)].map((n) => `${Math.round(n / 1e6)} MB`);
    return `The browser gives this page ${free!} of storage, and the model needs ${needed!}, so it is not kept.`;
  }
}

/** Folder names are hashes: references come from users. */
const folderName = async (ref: string): Promise<string> => (await sha256(ref)).slice(0, 32);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function storedBytes(folder: FolderHandle, files: number): Promise<number> {
  let bytes = 0;
  for (let i = 0; i < files; i++)
    bytes += (await (await existingFile(folder, String(i)))?.getFile())?.size ?? 0;
  return bytes;
}

async function copyFiles(
  folder: FolderHandle,
  { ref, files, hashes }: ModelToStore,
  { signal, onProgress, total, chunkBytes }: CacheContext & { total: number; chunkBytes: number },
): Promise<CachedFile[]> {
  const copied: CachedFile[] = [];
  let before = 0;
  for (const [name, source] of files) {
    const stored = String(copied.length);
    const done = before;
    const onStored = (bytes: number) =>
      onProgress?.({ note: `Downloading ${ref}`, done: done + bytes, total });
    const context = { signal, onStored, chunkBytes };
    const digest = await storeFile(folder, stored, source, hashes.get(name), context);
    copied.push({ name, bytes: source.size, sha256: digest, stored });
    before += source.size;
  }
  return copied;
}

/** `undefined` when a file is gone or has another size than the entry says. */
async function openEntry(folder: FolderHandle, entry: CacheEntry): Promise<CachedModel | undefined> {
  const files = new Map<string, ByteSource>();
  for (const { name, bytes, stored } of entry.files) {
    const handle = await existingFile(folder, stored);
    const source = handle && (await opfsSource(name, handle));
    if (source?.size !== bytes) return undefined;
    files.set(name, source);
  }
  const { ref, revision, created, licence } = entry;
  const bytes = sum(entry.files.map((file) => file.bytes));
  return { ref, revision, files, bytes, created, ...(licence !== undefined && { licence }) };
}
