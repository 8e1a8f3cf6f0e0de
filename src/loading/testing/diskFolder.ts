/**
 * The browser's private file system over a folder on disk, for tests of the cache in Node: the same calls, the same
 * names of failures, one writer per file, and a disk that can be full. Node only.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AccessHandle, FileHandle, FolderHandle } from "../cache/fileHandles";

/** Shared by all handles of one disk. */
export type Disk = {
  quota: number;
  /** Paths that someone is writing. */
  locked: Set<string>;
  /** Called before each write; may throw, to break off in the middle. */
  beforeWrite: (path: string, at: number) => void;
};

export const newDisk = (quota = Infinity): Disk => ({
  quota,
  locked: new Set(),
  beforeWrite: () => undefined,
});

export function diskUsage(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((bytes, name) => bytes + diskUsage(join(path, name)), 0);
}

const failure = (name: string, message: string) => new DOMException(message, name);

/** @param root where the disk's quota counts from */
export function diskFolder(path: string, disk: Disk, root = path): FolderHandle {
  const require = (name: string, create: boolean, make: (path: string) => void): string => {
    const full = join(path, name);
    if (!existsSync(full)) {
      if (!create) throw failure("NotFoundError", `${name} does not exist`);
      make(full);
    }
    return full;
  };
  return {
    async getDirectoryHandle(name, { create = false } = {}) {
      return diskFolder(
        require(name, create, (full) => mkdirSync(full)),
        disk,
        root,
      );
    },
    async getFileHandle(name, { create = false } = {}) {
      return diskFile(
        require(name, create, (full) => closeSync(openSync(full, "w"))),
        disk,
        root,
      );
    },
    async removeEntry(name, { recursive = false } = {}) {
      const full = require(name, false, () => undefined);
      if ([...disk.locked].some((locked) => locked.startsWith(full))) {
        throw failure("NoModificationAllowedError", `${name} is in use`);
      }
      rmSync(full, { recursive });
    },
    async *keys() {
      yield* readdirSync(path);
    },
  };
}

function diskFile(path: string, disk: Disk, root: string): FileHandle {
  return {
    getFile: async () => new Blob([readFileSync(path)]),
    async createSyncAccessHandle() {
      if (disk.locked.has(path)) throw failure("NoModificationAllowedError", "another handle is open");
      disk.locked.add(path);
      return diskAccess(path, disk, root);
    },
  };
}

function diskAccess(path: string, disk: Disk, root: string): AccessHandle {
  const file = openSync(path, "r+");
  return {
    getSize: () => fstatSync(file).size,
    truncate: (size) => ftruncateSync(file, size),
    flush: () => fsyncSync(file),
    read: (bytes, { at = 0 } = {}) => readSync(file, bytes as Uint8Array, 0, bytes.byteLength, at),
    write(bytes, { at = 0 } = {}) {
      disk.beforeWrite(path, at);
      const growth = Math.max(0, at + bytes.byteLength - fstatSync(file).size);
      if (diskUsage(root) + growth > disk.quota) throw failure("QuotaExceededError", "the disk is full");
      return writeSync(file, bytes as Uint8Array, 0, bytes.byteLength, at);
    },
    close() {
      closeSync(file);
      disk.locked.delete(path);
    },
  };
}
