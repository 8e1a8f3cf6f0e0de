/** The tensors of one safetensors file or of a sharded set, ready for tensorReader. */
import type { ByteSource, ModelFiles } from "../byteSource";
import { FLOAT_DECODERS } from "../decoders/floats";
import { fault, quoted } from "../fault";
import { readJson } from "../json/parseJson";
import type { StoredTensor } from "../tensorReader";
import { readSafetensorsHeader, type SafetensorsEntry } from "./safetensorsHeader";
import { parseShardIndex } from "./shardIndex";

const MAX_INDEX_BYTES = 25 * 1024 * 1024;

/** A tensor of a type that holds no weights (masks, counters) is listed but cannot be read as floats. */
export type SafetensorsTensor = { dtype: string; shape: readonly number[]; stored: StoredTensor | undefined };

export type SafetensorsTensors = {
  tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Bytes of the weight files. */
  bytes: number;
};

/** @throws AppError of a FileFault category */
export async function openSafetensors(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsTensors> {
  const { tensors } = await readSafetensorsHeader(source, signal);
  const opened = [...tensors].map(([name, entry]) => [name, toTensor(source, entry)] as const);
  return { tensors: new Map(opened), bytes: source.size };
}

/**
 * Opens the shards an index names. Every tensor of the index must be in the shard it names.
 * @throws AppError of a FileFault category
 */
export async function openShards(
  index: ByteSource,
  files: ModelFiles,
  signal?: AbortSignal,
): Promise<SafetensorsTensors> {
  const shardOf = parseShardIndex(await readJson(index, MAX_INDEX_BYTES, signal), index.name);
  const shards = new Map<string, SafetensorsTensors>();
  let bytes = 0;
  for (const shard of new Set(shardOf.values())) {
    const source = files.get(shard);
    if (!source) throw fault("missing", index.name, `the shard ${quoted(shard)} is not among the files`);
    shards.set(shard, await openSafetensors(source, signal));
    bytes += source.size;
  }
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, shard] of shardOf) {
    const tensor = shards.get(shard)?.tensors.get(name);
    if (!tensor) throw fault("missing", shard, `the index promises tensor ${quoted(name)} here`);
    tensors.set(name, tensor);
  }
  return { tensors, bytes };
}

function toTensor(source: ByteSource, { dtype, shape, begin }: SafetensorsEntry): SafetensorsTensor {
  if (!isFloat(dtype)) return { dtype, shape, stored: undefined };
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, n) => product * n, 1);
  const decoder = FLOAT_DECODERS[dtype];
  return {
    dtype,
    shape,
    stored: { source, begin, rows, columns, decoder, arrangement: { kind: "asStored" }, shape },
  };
}

const isFloat = (dtype: string): dtype is keyof typeof FLOAT_DECODERS => Object.hasOwn(FLOAT_DECODERS, dtype);
