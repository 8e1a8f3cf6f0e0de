/** The origin's private file system as a flat folder. For workers; refuses with the browser's own reason. */
import type { RawFiles } from "./durableFiles";

/** @returns files in the folder `name`, or `undefined` where the browser gives no such storage. */
export async function opfsFiles(name: string): Promise<RawFiles | undefined> {
  let folder: FileSystemDirectoryHandle;
  try {
    const top = await navigator.storage.getDirectory();
    folder = await top.getDirectoryHandle(name, { create: true });
  } catch {
    return undefined;
  }
  return {
    async read(file) {
      const handle = await existing(folder, file);
      return handle && new Uint8Array(await (await handle.getFile()).arrayBuffer());
    },
    async write(file, bytes) {
      const handle = await folder.getFileHandle(file, { create: true });
      const access = await handle.createSyncAccessHandle();
      try {
        access.truncate(0);
        const written = access.write(bytes, { at: 0 });
        if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were taken`);
        access.flush();
      } finally {
        access.close();
      }
    },
    async remove(file) {
      if (await existing(folder, file)) await folder.removeEntry(file);
    },
  };
}

async function existing(
  folder: FileSystemDirectoryHandle,
  file: string,
): Promise<FileSystemFileHandle | undefined> {
  try {
    return await folder.getFileHandle(file);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return undefined;
    throw error;
  }
}
