/** A File or Blob of the page: dropped, picked, or got from an OPFS handle. Slices are read lazily by the browser. */
import { AppError } from "../../lib/errors";
import { assertNotCancelled, assertRange, type ByteSource } from "../byteSource";

/**
 * @throws AppError storage when the browser can no longer read the file (moved, changed or permission lost)
 */
export function blobSource(name: string, blob: Blob): ByteSource {
  const source: ByteSource = {
    name,
    size: blob.size,
    async read(start, end, signal) {
      assertNotCancelled(signal);
      assertRange(source, start, end);
      const buffer = await blob
        .slice(start, end)
        .arrayBuffer()
        .catch((cause: unknown) => {
          const message = `${name} can no longer be read: ${cause instanceof Error ? cause.message : String(cause)}`;
          throw new AppError("storage", message, "Open the file again; it was moved or changed.", {
            file: name,
          });
        });
      assertNotCancelled(signal);
      return new Uint8Array(buffer);
    },
  };
  return source;
}
