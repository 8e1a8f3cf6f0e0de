/** A model on disk, for the command line and tests: a folder in Hugging Face layout or one file. Node only. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "../lib/errors";
import type { ByteSource, ModelFiles } from "./byteSource";
import { nodeFileSource } from "./byteSource/nodeFileSource";
import { fault, quoted } from "./fault";
import { readJson } from "./json/parseJson";
import { MANIFEST, MAX_MANIFEST_BYTES, parseManifest, type Manifest } from "./manifest";

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

/**
 * A folder under public/models with its manifest. Sizes are compared, hashes are not: the files come from the checkout.
 * @throws AppError model-not-found, missing, truncated, bad-json
 */
export async function nodeEmbeddedModel(folder: string): Promise<{ manifest: Manifest; files: ModelFiles }> {
  const present = await nodeModelFiles(folder);
  const source = present.get(MANIFEST);
  if (!source) throw fault("missing", MANIFEST, `${folder} has no manifest`);
  const manifest = parseManifest(await readJson(source, MAX_MANIFEST_BYTES));
  const files = new Map<string, ByteSource>();
  for (const { name, bytes } of manifest.files) {
    const file = present.get(name);
    if (!file) throw fault("missing", MANIFEST, `the file ${quoted(name)} is not in ${folder}`);
    if (file.size !== bytes) throw fault("truncated", name, `${file.size} bytes instead of ${bytes}`);
    files.set(name, file);
  }
  return { manifest, files };
}
