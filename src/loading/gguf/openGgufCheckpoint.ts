/**
 * Opens a .gguf so that it looks like the Hugging Face model it was converted from: names, shapes, orientation and
 * configuration. Its tokenizer stays metadata here; model/tokenizer rebuilds it unless a tokenizer.json lies beside.
 */
import type { ByteSource, ModelFiles } from "../byteSource";
import type { Checkpoint } from "../checkpoint";
import { fault, quoted } from "../fault";
import { readTokenizerFiles } from "../smallFiles";
import { readRows, readTensor, type StoredTensor } from "../tensorReader";
import type { Architecture, NameTable } from "./architecture";
import { gemma3 } from "./architectures/gemma3";
import { gpt2 } from "./architectures/gpt2";
import { llama, qwen2, qwen3 } from "./architectures/llama";
import { gptneox, phi2 } from "./architectures/parallel";
import { convertTensor, type ConvertedTensor, type Heads } from "./convertTensor";
import { readGgufHeader, type GgufHeader, type GgufTensor } from "./ggufHeader";
import { MetadataReader } from "./ggufMetadata";

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map(
  Object.entries({ llama, qwen2, qwen3, gpt2, gemma3, gptneox, phi2 }),
);

/** Tables llama.cpp computes ahead; their meaning is in the metadata or recovered by the architecture. */
const IGNORED = /^(rope_freqs|blk\.\d+\.(attn_rot_embd|rope_freqs))\.weight$/;

/** @throws AppError of a FileFault category, naming file and field */
export async function openGgufCheckpoint(
  source: ByteSource,
  files: ModelFiles,
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const header = await readGgufHeader(source, signal);
  const metadata = new MetadataReader(header.metadata, source.name);
  const name = metadata.optionalText("general.architecture")!;
  const architecture = ARCHITECTURES.get(name);
  if (!architecture) {
    const known = [...ARCHITECTURES.keys()].join(", ");
    throw fault("unsupported", source.name, `general.architecture is ${quoted(name)}; read are ${known}`);
  }
  if ((metadata.optionalNumber("split.count") ?? 1) > 1) {
    throw fault("unsupported", source.name, "split.count: the model is split over several GGUF files");
  }
  const config = await rebuildConfig(source, header, architecture, `${name}.`, signal);
  const heads = readHeads(metadata, `${name}.`, source.name);
  const tensors = mapTensors(source, header.tensors, architecture, heads);

  const find = (tensor: string): StoredTensor => {
    const found = tensors.get(tensor);
    if (found) return found.stored;
    throw fault("missing", source.name, `tensor ${quoted(tensor)} is absent`, { tensor });
  };
  return {
    format: "gguf",
    config,
    generationConfig: undefined,
    tokenizer: await readTokenizerFiles(files, signal),
    ggufMetadata: header.metadata,
    tensorNames: new Map(
      [...tensors].map(([key, { dtype, stored }]) => [key, { dtype, shape: stored.shape }]),
    ),
    totalBytes: source.size,
    licence: metadata.optionalText("general.license"),
    readTensor: async (tensor, options) => readTensor(find(tensor), options),
    readRows: async (tensor, first, count, options) => readRows(find(tensor), first, count, options),
  };
}

async function rebuildConfig(
  source: ByteSource,
  { metadata, tensors }: GgufHeader,
  architecture: Architecture,
  prefix: string,
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  const embedding = tensors.get("token_embd.weight");
  if (!embedding) throw fault("missing", source.name, "tensor “token_embd.weight” is absent");
  const factors = tensors.get("rope_freqs.weight");
  return architecture.config({
    metadata: new MetadataReader(metadata, source.name),
    prefix,
    tensors,
    vocabularySize: embedding.dimensions[1] ?? 1,
    isTied: !tensors.has("output.weight"),
    ropeFactors: factors && (await readVector(source, factors, signal)),
    file: source.name,
  });
}

async function readVector(
  source: ByteSource,
  tensor: GgufTensor,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const subject = { source, tensor, ggufName: "rope_freqs.weight", heads: { query: 1, keyValue: 1 } };
  return readTensor(convertTensor(subject, "rope_freqs", ".weight", "none")[0]!.stored, { signal });
}

function readHeads(metadata: MetadataReader, prefix: string, file: string): Heads {
  const query = metadata.number(`${prefix}attention.head_count`);
  const keyValue = metadata.optionalNumber(`${prefix}attention.head_count_kv`) ?? query;
  for (const heads of [query, keyValue]) {
    if (Number.isInteger(heads) && heads > 0 && heads <= 1024) continue;
    throw fault("bad-config", file, `${prefix}attention.head_count or head_count_kv is ${heads}`);
  }
  return { query, keyValue };
}

function mapTensors(
  source: ByteSource,
  tensors: ReadonlyMap<string, GgufTensor>,
  architecture: Architecture,
  heads: Heads,
): ReadonlyMap<string, ConvertedTensor> {
  const mapped = new Map<string, ConvertedTensor>();
  for (const [ggufName, tensor] of tensors) {
    if (IGNORED.test(ggufName)) continue;
    const rule = findRule(architecture, ggufName);
    if (!rule)
      throw fault("unsupported", source.name, `tensor ${quoted(ggufName)} has no place in this architecture`);
    const subject = { source, tensor, ggufName, heads };
    for (const converted of convertTensor(subject, rule.name, rule.suffix, rule.conversion)) {
      if (mapped.has(converted.name))
        throw fault("duplicate", source.name, `tensor ${quoted(ggufName)} occurs twice`);
      mapped.set(converted.name, converted);
    }
  }
  return mapped;
}

function findRule(architecture: Architecture, ggufName: string) {
  const parts = /^(?:blk\.(\d{1,5})\.)?([a-z0-9_]+)(\.weight|\.bias)$/.exec(ggufName);
  if (!parts) return undefined;
  const [, block, stem = "", suffix = ""] = parts;
  const table: NameTable = block === undefined ? architecture.whole : architecture.block;
  const rule = Object.hasOwn(table, stem) ? table[stem] : undefined;
  if (rule === undefined) return undefined;
  const [name, conversion] = typeof rule === "string" ? ([rule, "none"] as const) : rule;
  const prefix = block === undefined ? "" : architecture.blockPrefix.replace("{}", String(Number(block)));
  return { name: prefix + name, suffix, conversion };
}
