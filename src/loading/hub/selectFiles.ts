/** Which files of a repository make a model: configuration, tokenizer, and one form of its weights. */
import { AppError } from "../../lib/errors";
import { fault } from "../fault";
import type { HubFile, HubListing } from "./hubListing";

const SMALL = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
];
const INDEX = "model.safetensors.index.json";

export type SelectedFiles = { small: readonly HubFile[]; weights: readonly HubFile[] };

/**
 * One safetensors file, else the shards, else a single GGUF.
 * @throws AppError missing, unsupported
 */
export function selectFiles({ files }: HubListing, repository: string): SelectedFiles {
  const pick = (names: readonly string[]) => names.flatMap((name) => files.get(name) ?? []);
  const names = [...files.keys()];
  const gguf = names.filter((name) => name.toLowerCase().endsWith(".gguf"));
  const shards = names.filter((name) => /^model-\d+-of-\d+\.safetensors$/.test(name));

  if (files.has("model.safetensors")) return { small: pick(SMALL), weights: pick(["model.safetensors"]) };
  if (files.has(INDEX)) return { small: pick([...SMALL, INDEX]), weights: pick(shards) };
  if (gguf.length === 1)
    return { small: pick(["tokenizer.json", "tokenizer_config.json"]), weights: pick(gguf) };
  if (gguf.length > 1) {
    const message = `${repository} holds ${gguf.length} GGUF files, and it is not clear which one is meant.`;
    throw new AppError("unsupported", message, "Download one of them and open it as a file.", { repository });
  }
  const isPickled = names.some((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  const why = isPickled ? "only PyTorch pickles, which can run code and are never opened" : "no weights";
  throw fault("missing", repository, `model.safetensors is absent; the repository holds ${why}`);
}
