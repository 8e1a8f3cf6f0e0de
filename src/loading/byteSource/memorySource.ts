/** Bytes that are already in memory: tests, pasted files, decompressed archives. */
import { assertNotCancelled, assertRange, type ByteSource } from "../byteSource";

/** @param bytes not copied; the caller must not change them while the source is in use */
export function memorySource(name: string, bytes: Uint8Array<ArrayBuffer>): ByteSource {
  const source: ByteSource = {
    name,
    size: bytes.length,
    // Async so that a wrong range rejects the promise, as it does for every other source.
    async read(start, end, signal) {
      assertNotCancelled(signal);
      assertRange(source, start, end);
      return bytes.subarray(start, end);
    },
  };
  return source;
}
