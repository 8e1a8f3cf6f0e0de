/** Side memories in an edit file: the copy being written is each edit's own, closed ones are shared (sharedParts.ts). */
import type { Shard, SideMemory } from "../domain/edit";
import type { StoredEdit } from "./editFileSchema";
import { damaged, type TensorReader } from "./editFileTensors";
import type { ReadParts, WrittenParts } from "./sharedParts";

type StoredSideMemory = NonNullable<StoredEdit["sideMemory"]>;

export function describeSideMemory(
  { open, closed, ...rest }: SideMemory,
  name: string,
  { tensors, shards }: WrittenParts,
): StoredSideMemory {
  const shape = [rest.out, rest.in];
  const describeClosed = (shard: Shard, k: number): StoredSideMemory["closed"][number] => {
    const { closest, values } = shard;
    const known = shards.get(shard);
    if (known !== undefined) return { closest, tensor: known };
    const own = `${name}.closed.${k}`;
    shards.set(shard, own);
    tensors.push({ name: own, shape, values });
    return { closest };
  };
  if (open) tensors.push({ name: `${name}.open`, shape, values: open.values });
  return { ...rest, closed: closed.map(describeClosed), ...(open && { open: { closest: open.closest } }) };
}

/** Throws AppError `bad-edit-file`. */
export function readSideMemory(
  stored: StoredSideMemory,
  name: string,
  { shards }: ReadParts,
  reader: TensorReader,
): SideMemory {
  const { open, closed, ...rest } = stored;
  const shape = [rest.out, rest.in];
  const readClosed = ({ closest, tensor }: StoredSideMemory["closed"][number], k: number): Shard => {
    if (tensor !== undefined) {
      const known = shards.get(tensor);
      if (known?.closest === closest && known.values.length === rest.out * rest.in) return known;
      throw damaged(reader.fileName, `${name}.closed.${k}`, "is no copy of an earlier edit in the file");
    }
    const own = `${name}.closed.${k}`;
    const shard = { closest, values: reader.read(own, shape) };
    shards.set(own, shard);
    return shard;
  };
  return {
    ...rest,
    closed: closed.map(readClosed),
    ...(open && { open: { closest: open.closest, values: reader.read(`${name}.open`, shape) } }),
  };
}
