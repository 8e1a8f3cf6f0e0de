/**
 * Copies one file into the cache in pieces, hashing it on the way. What an earlier, broken attempt left is kept: it is
 * hashed, and the copy goes on behind it.
 */
import { AppError } from "../../lib/errors";
import { assertNotCancelled, type ByteSource } from "../byteSource";
import { quoted } from "../fault";
import { withAccess, writeAll, type AccessHandle, type FolderHandle } from "./fileHandles";
import { Sha256Stream } from "./sha256Stream";

export const CHUNK_BYTES = 8 << 20;

export type StoreContext = {
  /** Bytes read and written at a time. */
  chunkBytes: number;
  signal?: AbortSignal | undefined;
  /** Bytes of this file that are safe in the cache. */
  onStored?: ((bytes: number) => void) | undefined;
};

/**
 * @param sha256 what the file must hash to, where that is known
 * @returns the file's SHA-256
 * @throws AppError network when the bytes are not those promised (the copy is discarded), or what the source throws;
 * DOMException QuotaExceededError, NoModificationAllowedError
 */
export async function storeFile(
  folder: FolderHandle,
  stored: string,
  source: ByteSource,
  sha256: string | undefined,
  { signal, onStored, chunkBytes }: StoreContext,
): Promise<string> {
  return withAccess(folder, stored, async (access) => {
    const hash = new Sha256Stream();
    let at = hashPresent(access, source.size, hash, chunkBytes);
    while (at < source.size) {
      assertNotCancelled(signal);
      onStored?.(at);
      const bytes = await source.read(at, Math.min(at + chunkBytes, source.size), signal);
      writeAll(access, bytes, at);
      hash.update(bytes);
      at += bytes.length;
    }
    access.flush();
    onStored?.(at);
    const digest = hash.digest();
    if (sha256 === undefined || digest === sha256) return digest;
    access.truncate(0);
    const message = `${quoted(source.name)} arrived damaged: its SHA-256 is not the one the hub states.`;
    throw new AppError("network", message, "Load the model again; nothing of the damaged copy was kept.", {
      file: source.name,
      sha256: digest,
      expected: sha256,
    });
  });
}

/** Feeds what is already there to the hash and returns its length; more than the file has is thrown away. */
function hashPresent(access: AccessHandle, size: number, hash: Sha256Stream, chunkBytes: number): number {
  if (access.getSize() > size) access.truncate(0);
  const present = access.getSize();
  const buffer = new Uint8Array(Math.min(chunkBytes, present));
  for (let at = 0; at < present; at += buffer.length) {
    const length = access.read(buffer.subarray(0, Math.min(buffer.length, present - at)), { at });
    hash.update(buffer.subarray(0, length));
  }
  return present;
}
