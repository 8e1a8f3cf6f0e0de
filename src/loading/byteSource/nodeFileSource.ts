/** A file on disk, for the command line and tests. Never imported by the page. */
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { AppError } from "../../lib/errors";
import { assertNotCancelled, assertRange, type ByteSource } from "../byteSource";

/** Largest single read of the system; longer ranges are read in parts. */
const MAX_READ = 1 << 30;

/**
 * The file is opened for each read, so that nothing has to be closed. Reads are large, the cost does not show.
 * @throws AppError model-not-found
 */
export async function nodeFileSource(path: string, name = basename(path)): Promise<ByteSource> {
  const information = await stat(path).catch(() => undefined);
  if (!information?.isFile()) {
    throw new AppError("model-not-found", `${path} is not a file.`, "Check the path.", { path });
  }
  const source: ByteSource = {
    name,
    size: information.size,
    async read(start, end, signal) {
      assertNotCancelled(signal);
      assertRange(source, start, end);
      const bytes = new Uint8Array(end - start);
      const file = await open(path, "r");
      try {
        let filled = 0;
        while (filled < bytes.length) {
          assertNotCancelled(signal);
          const length = Math.min(MAX_READ, bytes.length - filled);
          const { bytesRead } = await file.read(bytes, filled, length, start + filled);
          if (bytesRead === 0) assertRange({ name, size: start + filled }, start, end);
          filled += bytesRead;
        }
      } finally {
        await file.close();
      }
      return bytes;
    },
  };
  return source;
}
