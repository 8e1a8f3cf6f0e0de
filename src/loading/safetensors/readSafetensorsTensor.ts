/** One named tensor out of a safetensors file that is already in memory (noise files, statistics). */
import { memorySource } from "../byteSource/memorySource";
import { fault, quoted } from "../fault";
import { readTensor } from "../tensorReader";
import { openSafetensors } from "./safetensorsTensors";

/**
 * @throws AppError of a FileFault category; `missing` when the file has no such tensor
 */
export async function readSafetensorsTensor(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  file: string,
): Promise<{ shape: readonly number[]; values: Float32Array<ArrayBuffer> }> {
  const { tensors } = await openSafetensors(memorySource(file, bytes));
  const tensor = tensors.get(name);
  if (!tensor) throw fault("missing", file, `tensor ${quoted(name)} is absent`);
  if (!tensor.stored)
    throw fault("unsupported", file, `tensor ${quoted(name)} is ${tensor.dtype}, not floats`);
  return { shape: tensor.shape, values: await readTensor(tensor.stored) };
}
