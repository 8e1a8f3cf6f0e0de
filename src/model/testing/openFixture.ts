/**
 * Opens a folder of tests/fixtures/models with the numbers expected of it. Files come through a function, so that the
 * same cases run on disk (Node) and over HTTP (a browser with WebGPU).
 */
import type { Precision } from "../../domain/model";
import { memorySource } from "../../loading/byteSource/memorySource";
import { openCheckpoint, type Checkpoint } from "../../loading/checkpoint";
import { openSafetensors, type SafetensorsTensors } from "../../loading/safetensors/safetensorsTensors";
import { readTensor } from "../../loading/tensorReader";
import { parseModelConfig } from "../config";
import { loadModel, type Model } from "../model";
import { openTokenizer } from "../tokenizer/openTokenizer";

/** The bytes of a file under tests/fixtures. */
export type ReadFixture = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

export type FixturePrompt = { text: string; ids: number[]; greedy: { ids: number[]; text: string } };

export type Expected = {
  prompts: FixturePrompt[];
  gradient: { prompt: number; layer: number; position: number; target_id: number };
  edit: { prompt: number; layer: number };
  has(name: string): boolean;
  tensor(name: string): Promise<{ shape: readonly number[]; values: Float32Array }>;
};

type FolderOptions = {
  /** Another configuration file in the place of config.json. */
  config?: string;
  /** Folder below the model's whose weight files replace its own. */
  variant?: string;
  /** How matrices are kept; float32 by default. */
  precision?: Precision;
};

/** The checkpoint of a fixture model in Hugging Face layout. */
export async function openFixtureCheckpoint(
  read: ReadFixture,
  name: string,
  { config = "config.json", variant }: FolderOptions = {},
): Promise<Checkpoint> {
  const folder = `models/${name}`;
  const weights = variant === undefined ? folder : `${folder}/variants/${variant}`;
  const shards = [1, 2, 3].map((shard) => `model-0000${shard}-of-00003.safetensors`);
  const weightFiles =
    variant === "sharded" ? ["model.safetensors.index.json", ...shards] : ["model.safetensors"];
  const paths = new Map([
    ["config.json", `${folder}/${config}`],
    ["tokenizer.json", `${folder}/tokenizer.json`],
    ["tokenizer_config.json", `${folder}/tokenizer_config.json`],
    ...weightFiles.map((file) => [file, `${weights}/${file}`] as const),
  ]);
  const sources = [...paths].map(
    async ([file, path]) => [file, memorySource(file, await read(path))] as const,
  );
  return openCheckpoint(new Map(await Promise.all(sources)));
}

/** Loads a fixture model onto the active backend. */
export async function loadFixture(
  read: ReadFixture,
  name: string,
  options: FolderOptions = {},
): Promise<Model> {
  return loadCheckpoint(await openFixtureCheckpoint(read, name, options), options.precision);
}

/** Any opened checkpoint. */
export async function loadCheckpoint(
  checkpoint: Checkpoint,
  precision: Precision = "float32",
): Promise<Model> {
  const tokenizer = openTokenizer(checkpoint);
  return loadModel(checkpoint, tokenizer, parseModelConfig(checkpoint.config), { precision });
}

/** expected.json and expected.safetensors of a fixture model. */
export async function openExpected(read: ReadFixture, name: string): Promise<Expected> {
  const json = await read(`models/${name}/expected.json`);
  const parsed = JSON.parse(new TextDecoder().decode(json)) as Pick<
    Expected,
    "prompts" | "gradient" | "edit"
  >;
  const bytes = await read(`models/${name}/expected.safetensors`);
  const { tensors } = await openSafetensors(memorySource("expected.safetensors", bytes));
  return {
    ...parsed,
    has: (tensor) => tensors.has(tensor),
    tensor: (tensor) => readNumbers(tensors, tensor),
  };
}

/** One tensor of an opened safetensors file. */
export async function readNumbers(
  tensors: SafetensorsTensors["tensors"],
  name: string,
): Promise<{ shape: readonly number[]; values: Float32Array }> {
  const found = tensors.get(name);
  if (found?.stored === undefined) throw new Error(`The fixture has no tensor ${name}.`);
  return { shape: found.shape, values: await readTensor(found.stored) };
}

/** The measure of the fixtures: max|a - b| / max(1, max|b|); Infinity when lengths differ or a value is NaN. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 1;
  for (let index = 0; index < expected.length; index++) {
    const gap = Math.abs(actual[index]! - expected[index]!);
    if (!(gap <= difference)) difference = Number.isNaN(gap) ? Infinity : gap;
    largest = Math.max(largest, Math.abs(expected[index]!));
  }
  return difference / largest;
}
