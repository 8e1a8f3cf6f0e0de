/**
 * The part of the origin's private file system that the cache uses, as the browser names it. Tests give the same
 * interface over a folder on disk, so that they run the cache itself and not a copy of it.
 */

export type AccessHandle = Pick<
  FileSystemSyncAccessHandle,
  "read" | "write" | "truncate" | "getSize" | "flush" | "close"
>;

export interface FileHandle {
  getFile(): Promise<Blob>;
  /** Exclusive: fails with NoModificationAllowedError while another tab has one. Dedicated workers only. */
  createSyncAccessHandle(): Promise<AccessHandle>;
}

export interface FolderHandle {
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<FolderHandle>;
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileHandle>;
  removeEntry(name: string, options?: { recursive?: boolean }): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** How much the origin holds and may hold, in bytes; both undefined where the browser does not say. */
export type StorageEstimate = () => Promise<{ usage?: number; quota?: number }>;

const isNamed = (error: unknown, ...names: string[]): boolean =>
  error instanceof DOMException && names.includes(error.name);

export const isNotFound = (error: unknown): boolean => isNamed(error, "NotFoundError");
export const isLocked = (error: unknown): boolean =>
  isNamed(error, "NoModificationAllowedError", "InvalidStateError");
export const isQuota = (error: unknown): boolean => isNamed(error, "QuotaExceededError");

/** `undefined` when the file does not exist. */
export async function existingFile(folder: FolderHandle, name: string): Promise<FileHandle | undefined> {
  return folder.getFileHandle(name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

/** Opens the file, creating it, and closes it whatever happens. */
export async function withAccess<T>(
  folder: FolderHandle,
  name: string,
  use: (access: AccessHandle) => Promise<T> | T,
): Promise<T> {
  const access = await (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
  try {
    return await use(access);
  } finally {
    access.close();
  }
}

/** @throws Error when the storage takes fewer bytes than given, as some do when they are full */
export function writeAll(access: AccessHandle, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  const written = access.write(bytes, { at });
  if (written === bytes.length) return;
  throw new DOMException(`only ${written} of ${bytes.length} bytes were taken`, "QuotaExceededError");
}
