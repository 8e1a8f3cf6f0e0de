/** The cache in a real browser. For dedicated workers: only there can private files be written in place. */
import type { FolderHandle } from "./fileHandles";
import { ModelCache } from "./modelCache";

const FOLDER = "palimpsest-models";

/** @returns undefined where the browser refuses such storage (private windows, old versions) */
export async function openModelCache(): Promise<ModelCache | undefined> {
  try {
    const top = await navigator.storage.getDirectory();
    const root = await top.getDirectoryHandle(FOLDER, { create: true });
    // The DOM types of TypeScript leave out the iteration that every browser has.
    return new ModelCache(root as unknown as FolderHandle, () => navigator.storage.estimate());
  } catch {
    return undefined;
  }
}
