/** The manifest of a cached model. It is written last: a model without one is not in the cache, only on its way. */
import { isJsonObject, ownValue } from "../json/parseJson";
import { existingFile, withAccess, writeAll, type FolderHandle } from "./fileHandles";

export type CachedFile = {
  name: string;
  bytes: number;
  sha256: string;
  /** Name in the folder; never the file's own, which comes from a stranger. */
  stored: string;
};

export type CacheEntry = {
  version: 1;
  /** `hf:owner/name@commit` */
  ref: string;
  /** What was asked for when this commit was its answer: `main`. */
  revision: string;
  licence?: string;
  /** ISO date and time. */
  created: string;
  files: CachedFile[];
};

const ENTRY = "entry.json";
const MAX_ENTRY_BYTES = 1 << 20;

/** `undefined` when absent, cut short, or of another version. */
export async function readEntry(folder: FolderHandle): Promise<CacheEntry | undefined> {
  const handle = await existingFile(folder, ENTRY);
  const file = await handle?.getFile();
  if (!file || file.size > MAX_ENTRY_BYTES) return undefined;
  try {
    const json = JSON.parse(await file.text()) as unknown;
    return isEntry(json) ? json : undefined;
  } catch {
    return undefined; // A crash while it was written; the files are complete but will be checked again.
  }
}

export async function writeEntry(folder: FolderHandle, entry: CacheEntry): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(entry));
  await withAccess(folder, ENTRY, (access) => {
    access.truncate(0);
    writeAll(access, bytes, 0);
    access.flush();
  });
}

const isEntry = (json: unknown): json is CacheEntry =>
  isJsonObject(json) &&
  ownValue(json, "version") === 1 &&
  typeof json["ref"] === "string" &&
  typeof json["revision"] === "string" &&
  typeof json["created"] === "string" &&
  Array.isArray(json["files"]) &&
  (json["files"] as unknown[]).every(isCachedFile);

const isCachedFile = (file: unknown): boolean =>
  isJsonObject(file) &&
  typeof file["name"] === "string" &&
  typeof file["sha256"] === "string" &&
  typeof file["stored"] === "string" &&
  Number.isSafeInteger(file["bytes"]);
