/** A model on disk, for the command line and tests: a folder in Hugging Face layout or one file. Node only. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "../lib/errors";
import type { ByteSource, ModelFiles } from "./byteSource";
import { nodeFileSource } from "./byteSource/nodeFileSource";

/**
 * The files directly in the folder (not in folders below it), or the single file.
 * @throws AppError model-not-found
 */
export async function nodeModelFiles(path: string): Promise<ModelFiles> {
  const information = await stat(path).catch(() => undefined);
  if (!information)
    throw new AppError("model-not-found", `${path} does not exist.`, "Check the path.", { path });
  if (!information.isDirectory()) return new Map([[basename(path), await nodeFileSource(path)]]);

  const files = new Map<string, ByteSource>();
  for (const entry of await readdir(path)) {
    const file = join(path, entry);
    if ((await stat(file).catch(() => undefined))?.isFile()) files.set(entry, await nodeFileSource(file));
  }
  return files;
}
