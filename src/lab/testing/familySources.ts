/**
 * A fixture model as every source can bring it: safetensors in four kinds, files dropped on the page, a GGUF where
 * llama.cpp knows the architecture. What comes from a server is left to the tests that run in Node.
 */
import { memorySource } from "../../loading/byteSource/memorySource";
import type { ModelFiles } from "../../loading/byteSource";
import { openCheckpoint, type Checkpoint } from "../../loading/checkpoint";
import { droppedModelFiles } from "../../loading/droppedFiles";
import { encodeSafetensors, type EncodedTensor } from "../../loading/safetensors/encodeSafetensors";
import { convertToGguf, GGUF_RULES } from "../../loading/testing/convertToGguf";
import { openFixtureCheckpoint, type ReadFixture } from "../../model/testing/openFixture";
import { encodeHalf } from "../../lib/halfFloat";

type Bytes = Uint8Array<ArrayBuffer>;
type Opened = {
  checkpoint: Checkpoint;
  /** The name of the numbers that this source must give; the model's own when absent. */
  stored?: string;
  /** A fixture's GGUF has its numbers beside it. */
  gguf?: string;
};

export type FamilySource = {
  name: string;
  /** Undefined where there is no such file for the family. */
  open(read: ReadFixture, family: string): Promise<Opened | undefined>;
};

const SMALL = ["config.json", "tokenizer.json", "tokenizer_config.json"];
const GGUF_FIXTURES: Readonly<Record<string, string>> = {
  gpt2: "tiny-gpt2.gguf",
  llama: "tiny-llama.gguf",
  qwen2: "tiny-qwen2.gguf",
};

/** All small files of the folder, and these for its weights. */
async function filesWith(
  read: ReadFixture,
  family: string,
  weights: ReadonlyMap<string, Bytes>,
): Promise<Map<string, Bytes>> {
  const small = await Promise.all(
    SMALL.map(async (name) => [name, await read(`models/${family}/${name}`)] as const),
  );
  return new Map([...small, ...weights]);
}

const inMemory = (files: ReadonlyMap<string, Bytes>): ModelFiles =>
  new Map([...files].map(([name, bytes]) => [name, memorySource(name, bytes)]));

/** The weights encoded anew, tensor by tensor. */
async function encoded(
  read: ReadFixture,
  family: string,
  encode: (values: Float32Array<ArrayBuffer>) => Omit<EncodedTensor, "shape">,
): Promise<Map<string, EncodedTensor>> {
  const original = await openFixtureCheckpoint(read, family);
  const tensors = new Map<string, EncodedTensor>();
  for (const [name, { shape }] of original.tensorNames) {
    tensors.set(name, { shape, ...encode(await original.readTensor(name)) });
  }
  return tensors;
}

const asFloat32 = (values: Float32Array<ArrayBuffer>) => ({
  dtype: "F32",
  bytes: new Uint8Array(values.buffer),
});

/** To the nearest, ties to even: the high half of the float32. */
function asBfloat16(values: Float32Array<ArrayBuffer>) {
  const bits = new Uint32Array(values.buffer);
  const rounded = Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
  return { dtype: "BF16", bytes: new Uint8Array(rounded.buffer) };
}

const asFloat16 = (values: Float32Array<ArrayBuffer>) => ({ dtype: "F16", bytes: encodeHalf(values) });

async function openRounded(read: ReadFixture, family: string, encode: typeof asFloat16): Promise<Checkpoint> {
  const file = encodeSafetensors(await encoded(read, family, encode));
  return openCheckpoint(inMemory(await filesWith(read, family, new Map([["model.safetensors", file]]))));
}

async function openSharded(read: ReadFixture, family: string): Promise<Checkpoint> {
  const tensors = [...(await encoded(read, family, asFloat32))];
  const shards = [0, 1, 2].map((shard) => `model-0000${shard + 1}-of-00003.safetensors`);
  const shardOf = (index: number): string => shards[index % 3]!;
  const weight_map = Object.fromEntries(tensors.map(([name], index) => [name, shardOf(index)]));
  const index = new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map }));
  const files = shards.map((shard) => {
    const own = new Map(tensors.filter((_, at) => shardOf(at) === shard));
    return [shard, encodeSafetensors(own)] as const;
  });
  const weights = new Map<string, Bytes>([...files, ["model.safetensors.index.json", index]]);
  return openCheckpoint(inMemory(await filesWith(read, family, weights)));
}

async function openDropped(read: ReadFixture, family: string): Promise<Checkpoint> {
  const name = "model.safetensors";
  const files = await filesWith(read, family, new Map([[name, await read(`models/${family}/${name}`)]]));
  const dropped = [...files].map(([file, bytes]) =>
    // Browsers tell the path inside the folder; Node's File has no such field.
    Object.defineProperty(new File([bytes], file), "webkitRelativePath", { value: `${family}/${file}` }),
  );
  return openCheckpoint(droppedModelFiles(dropped));
}

async function openGguf(read: ReadFixture, family: string): Promise<Opened | undefined> {
  const fixture = GGUF_FIXTURES[family];
  const rules = GGUF_RULES.find(({ model }) => model === family);
  if (!fixture && !rules) return undefined;
  const file = fixture
    ? await read(`gguf/${fixture}`)
    : await convertToGguf(await openFixtureCheckpoint(read, family), rules!);
  const checkpoint = await openCheckpoint(new Map([["m.gguf", memorySource("m.gguf", file)]]));
  if (fixture) return { checkpoint, gguf: fixture };
  return family === "gemma3" ? { checkpoint, stored: "gguf.logits" } : { checkpoint };
}

export const FAMILY_SOURCES: readonly FamilySource[] = [
  {
    name: "safetensors F32",
    open: async (read, family) => ({ checkpoint: await openFixtureCheckpoint(read, family) }),
  },
  {
    name: "F16",
    open: async (read, family) => ({
      checkpoint: await openRounded(read, family, asFloat16),
      stored: "f16.logits",
    }),
  },
  {
    name: "BF16",
    open: async (read, family) => ({
      checkpoint: await openRounded(read, family, asBfloat16),
      stored: "bf16.logits",
    }),
  },
  { name: "in shards", open: async (read, family) => ({ checkpoint: await openSharded(read, family) }) },
  { name: "dropped folder", open: async (read, family) => ({ checkpoint: await openDropped(read, family) }) },
  { name: "GGUF", open: openGguf },
];
