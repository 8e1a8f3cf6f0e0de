/** model.safetensors.index.json: which tensor is in which shard. Shard names come from a stranger and are checked. */
import { fault, quoted } from "../fault";
import { isJsonObject, ownValue } from "../json/parseJson";

export const MAX_SHARDS = 10_000;

/**
 * @returns shard file name by tensor name
 * @throws AppError bad-json, missing, unsafe-reference, limit
 */
export function parseShardIndex(json: unknown, file: string): ReadonlyMap<string, string> {
  if (!isJsonObject(json)) throw fault("bad-json", file, "the index is not a JSON object");
  const weightMap = ownValue(json, "weight_map");
  if (weightMap === undefined) throw fault("missing", file, "weight_map is absent");
  if (!isJsonObject(weightMap)) throw fault("bad-json", file, "weight_map is not an object");

  const shardOf = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    const field = `weight_map.${quoted(tensor)}`;
    if (typeof shard !== "string") throw fault("bad-json", file, `${field} is not a file name`);
    if (!isPlainFileName(shard)) {
      throw fault("unsafe-reference", file, `${field} points outside the model's folder: ${quoted(shard)}`);
    }
    shardOf.set(tensor, shard);
  }
  if (shardOf.size === 0) throw fault("missing", file, "weight_map names no tensor");
  const shards = new Set(shardOf.values()).size;
  if (shards > MAX_SHARDS)
    throw fault("limit", file, `weight_map names ${shards} files; at most ${MAX_SHARDS} are read`);
  return shardOf;
}

/** Letters, digits and a few signs; no folder, drive, scheme, or leading dot. */
export function isPlainFileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,200}$/.test(name);
}
