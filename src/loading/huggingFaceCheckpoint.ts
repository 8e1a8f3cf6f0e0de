/** A folder in Hugging Face layout: config.json, tokenizer files, one safetensors file or shards with an index. */
import type { ModelFiles } from "./byteSource";
import type { Checkpoint } from "./checkpoint";
import { fault, quoted } from "./fault";
import { openSafetensors, openShards, type SafetensorsTensors } from "./safetensors/safetensorsTensors";
import { readConfig, readLicence, readOptionalJson, readTokenizerFiles } from "./smallFiles";
import { readRows, readTensor, type StoredTensor } from "./tensorReader";

/** @throws AppError of a FileFault category */
export async function openHuggingFaceCheckpoint(
  files: ModelFiles,
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const { tensors, bytes } = await openWeights(files, signal);
  const configFile = files.get("config.json");
  if (!configFile) throw fault("missing", "config.json", "the model's configuration is not among the files");
  const config = await readConfig(configFile, signal);
  const tokenizer = await readTokenizerFiles(files, signal);
  if (tokenizer.tokenizer === undefined) {
    throw fault("missing", "tokenizer.json", "the model's tokenizer is not among the files");
  }

  const find = (name: string): StoredTensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw fault("missing", "The weights", `tensor ${quoted(name)} is absent`, { tensor: name });
    if (tensor.stored) return tensor.stored;
    throw fault(
      "unsupported",
      "The weights",
      `tensor ${quoted(name)} is ${tensor.dtype}, which holds no weights`,
    );
  };
  return {
    format: "safetensors",
    config,
    generationConfig: await readOptionalJson(files, "generation_config.json", signal),
    tokenizer,
    ggufMetadata: undefined,
    tensorNames: tensors,
    totalBytes: bytes,
    licence: await readLicence(files, signal),
    readTensor: async (name, options) => readTensor(find(name), options),
    readRows: async (name, first, count, options) => readRows(find(name), first, count, options),
  };
}

async function openWeights(files: ModelFiles, signal?: AbortSignal): Promise<SafetensorsTensors> {
  const single = files.get("model.safetensors");
  if (single) return openSafetensors(single, signal);
  const index = files.get("model.safetensors.index.json");
  if (index) return openShards(index, files, signal);
  const others = [...files.keys()].filter((name) => name.endsWith(".safetensors"));
  if (others.length === 1) return openSafetensors(files.get(others[0]!)!, signal);
  if (others.length > 1) {
    throw fault(
      "missing",
      "model.safetensors.index.json",
      "there are several shards but no index that lists them",
    );
  }
  throw fault("missing", "model.safetensors", `there are no weights among the files${pickleHint(files)}`);
}

function pickleHint(files: ModelFiles): string {
  const pickle = [...files.keys()].find((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  return pickle ? ` (${quoted(pickle)} is a PyTorch pickle, which can run code and is never opened)` : "";
}
