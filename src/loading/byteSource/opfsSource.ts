/** A file of the origin's private file system, read through its handle. */
import type { ByteSource } from "../byteSource";
import { blobSource } from "./blobSource";

/** A snapshot of the file as it is now; reading fails with `storage` when the file is changed afterwards. */
export async function opfsSource(name: string, handle: { getFile(): Promise<Blob> }): Promise<ByteSource> {
  return blobSource(name, await handle.getFile());
}
