/**
 * Side memories in an edit file: the copy being written is each edit's own, closed ones are shared (sharedParts.ts). Of a
 * copy that changes few entries only those are written, and a mask that says which.
 */
import type { PackedEntries, Shard, SideMemory } from "../domain/edit";
import { countKept, maskLength } from "../lib/packedEntries";
import type { TensorToWrite } from "../loading/safetensors/writeSafetensors";
import type { StoredEdit } from "./editFileSchema";
import { damaged, type TensorReader } from "./editFileTensors";
import type { ReadParts, WrittenParts } from "./sharedParts";

type StoredSideMemory = NonNullable<StoredEdit["sideMemory"]>;
type StoredShard = StoredSideMemory["closed"][number];

export function describeSideMemory(
  { open, closed, ...rest }: SideMemory,
  name: string,
  { tensors, shards }: WrittenParts,
): StoredSideMemory {
  const shape = [rest.out, rest.in];
  const describe = (shard: Shard, own: string): StoredShard => {
    tensors.push(...tensorsOf(shard.entries, own, shape));
    const { mask, values } = shard.entries;
    return { closest: shard.closest, ...(mask && { kept: values.length }) };
  };
  const describeClosed = (shard: Shard, k: number): StoredShard => {
    const known = shards.get(shard);
    if (known !== undefined) return { closest: shard.closest, tensor: known };
    const own = `${name}.closed.${k}`;
    shards.set(shard, own);
    return describe(shard, own);
  };
  return {
    ...rest,
    closed: closed.map(describeClosed),
    ...(open && { open: describe(open, `${name}.open`) }),
  };
}

const tensorsOf = (
  { mask, values }: PackedEntries,
  name: string,
  shape: readonly number[],
): TensorToWrite[] =>
  mask === undefined
    ? [{ name, shape, values }]
    : [
        { name: `${name}.mask`, shape: [mask.length], values: mask },
        { name, shape: [values.length], values },
      ];

/** Throws AppError `bad-edit-file`. */
export function readSideMemory(
  stored: StoredSideMemory,
  name: string,
  { shards }: ReadParts,
  reader: TensorReader,
): SideMemory {
  const { open, closed, ...rest } = stored;
  const readClosed = (shard: StoredShard, k: number): Shard => {
    const { closest, tensor } = shard;
    const own = `${name}.closed.${k}`;
    if (tensor !== undefined) {
      const known = shards.get(tensor);
      if (known?.closest === closest && known.entries.length === rest.out * rest.in) return known;
      throw damaged(reader.fileName, own, "is no copy of an earlier edit in the file");
    }
    const read = readShard(shard, own, rest, reader);
    shards.set(own, read);
    return read;
  };
  return {
    ...rest,
    closed: closed.map(readClosed),
    ...(open && { open: readShard(open, `${name}.open`, rest, reader) }),
  };
}

function readShard(
  { closest, kept }: StoredShard,
  name: string,
  { out, in: inWidth }: Pick<SideMemory, "in" | "out">,
  reader: TensorReader,
): Shard {
  const length = out * inWidth;
  if (kept === undefined) return { closest, entries: { length, values: reader.read(name, [out, inWidth]) } };
  const mask = reader.readMask(`${name}.mask`, length);
  if (countKept(mask, length) !== kept || kept + maskLength(length) >= length)
    throw damaged(reader.fileName, `${name}.mask`, `does not mark ${kept} of ${length} entries`);
  return { closest, entries: { length, mask, values: reader.read(name, [kept]) } };
}
