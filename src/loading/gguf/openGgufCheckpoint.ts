import type { ByteSource, ModelFiles } from "../byteSource";
import type { Checkpoint } from "../checkpoint";
import { fault } from "../fault";

/** Written next (part 2). */
export async function openGgufCheckpoint(
  source: ByteSource,
  _files: ModelFiles,
  _signal?: AbortSignal,
): Promise<Checkpoint> {
  throw fault("unsupported", source.name, "GGUF is not read yet");
}
