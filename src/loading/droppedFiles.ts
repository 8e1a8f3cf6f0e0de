/** Files dropped on the page or picked there: one .gguf, or the files of a folder in Hugging Face layout. */
import type { ByteSource, ModelFiles } from "./byteSource";
import { blobSource } from "./byteSource/blobSource";
import { fault, quoted } from "./fault";

const MAX_FILES = 10_000;

/** Folders below the dropped one, from where the browser tells the path. */
const depth = (file: File): number => Math.max(0, file.webkitRelativePath.split("/").length - 2);

/**
 * Names are taken without folders. Of a folder's contents only the files directly in it count: models on the hub keep
 * other formats, with files of the same names, in folders below (`onnx/config.json`).
 * @throws AppError missing, duplicate, limit
 */
export function droppedModelFiles(files: readonly File[]): ModelFiles {
  if (files.length === 0) throw fault("missing", "The selection", "it holds no files");
  if (files.length > MAX_FILES) throw fault("limit", "The selection", `it holds ${files.length} files`);
  const top = Math.min(...files.map(depth));
  const sources = new Map<string, ByteSource>();
  for (const file of files.filter((candidate) => depth(candidate) === top)) {
    if (sources.has(file.name)) {
      throw fault("duplicate", "The selection", `it holds two files named ${quoted(file.name)}`);
    }
    sources.set(file.name, blobSource(file.name, file));
  }
  return sources;
}
