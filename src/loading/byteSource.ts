/**
 * The one way this room reads bytes: a named, sized source that gives any range. Memory, a Node file, a File of the
 * page, HTTP with ranges and an OPFS handle implement it in byteSource/; readers above never know which they have.
 */
import { AppError } from "../lib/errors";
import { fault } from "./fault";

export interface ByteSource {
  /** File name for messages, without a folder. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /**
   * The bytes [start, end), exactly `end - start` of them, in memory of their own or shared with nobody who writes.
   * @throws AppError truncated (range outside the file), network, storage, cancelled
   */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/** A model as a set of files by relative name ("config.json", "model-00001-of-00002.safetensors"). */
export type ModelFiles = ReadonlyMap<string, ByteSource>;

/** Throws AppError `cancelled` when the user has stopped the job. */
export function assertNotCancelled(signal?: AbortSignal): void {
  if (signal?.aborted) throw new AppError("cancelled", "Loading was cancelled.");
}

/** Checks a range before a source touches its bytes. */
export function assertRange(source: { name: string; size: number }, start: number, end: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (whole && start >= 0 && start <= end && end <= source.size) return;
  throw fault(
    "truncated",
    source.name,
    `bytes ${start} to ${end} were asked for, but the file has ${source.size}`,
  );
}

/**
 * A whole small file.
 * @param limit largest size accepted, in bytes; above it nothing is read
 * @throws AppError limit
 */
export async function readWhole(
  source: ByteSource,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source.size > limit) {
    throw fault(
      "limit",
      source.name,
      `the file has ${source.size} bytes; at most ${limit} are read for such a file`,
    );
  }
  return source.read(0, source.size, signal);
}
