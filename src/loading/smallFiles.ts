/** The small files beside the weights, read with a size limit each. */
import { readWhole, type ByteSource, type ModelFiles } from "./byteSource";
import type { TokenizerFiles } from "./checkpoint";
import { fault } from "./fault";
import { isJsonObject, readJson } from "./json/parseJson";

const MEGABYTE = 1024 * 1024;
const MAX_CONFIG_BYTES = MEGABYTE;
/** Gemma's tokenizer.json has 33 MB. */
const MAX_TOKENIZER_BYTES = 64 * MEGABYTE;
const MAX_TOKENIZER_CONFIG_BYTES = 16 * MEGABYTE;
const MAX_TEMPLATE_BYTES = MEGABYTE;

/** config.json as an object; its values are judged by model/config.ts. */
export async function readConfig(source: ByteSource, signal?: AbortSignal): Promise<unknown> {
  const config = await readJson(source, MAX_CONFIG_BYTES, signal);
  if (!isJsonObject(config)) throw fault("bad-json", source.name, "the configuration is not a JSON object");
  return config;
}

/** Optional JSON that people edit by hand: equal keys are tolerated. */
export async function readOptionalJson(
  files: ModelFiles,
  name: string,
  signal?: AbortSignal,
  limit = MAX_CONFIG_BYTES,
): Promise<unknown> {
  const source = files.get(name);
  return source ? readJson(source, limit, signal, { duplicates: "keep" }) : undefined;
}

/** Whatever tokenizer files there are; `tokenizer` is undefined when tokenizer.json is absent. */
export async function readTokenizerFiles(files: ModelFiles, signal?: AbortSignal): Promise<TokenizerFiles> {
  const source = files.get("tokenizer.json");
  const tokenizer = source ? await readJson(source, MAX_TOKENIZER_BYTES, signal) : undefined;
  const config = await readOptionalJson(files, "tokenizer_config.json", signal, MAX_TOKENIZER_CONFIG_BYTES);
  const template = files.get("chat_template.jinja");
  if (!template) return { tokenizer, config };
  const chatTemplate = new TextDecoder().decode(await readWhole(template, MAX_TEMPLATE_BYTES, signal));
  return { tokenizer, config, chatTemplate };
}

/** The `license:` line of the model card's front matter, if there is a card. */
export async function readLicence(files: ModelFiles, signal?: AbortSignal): Promise<string | undefined> {
  const card = files.get("README.md");
  if (!card) return undefined;
  const start = new TextDecoder().decode(await card.read(0, Math.min(card.size, 16_384), signal));
  const frontMatter = /^---\n([\s\S]*?)\n---/.exec(start)?.[1] ?? "";
  return /^license:\s*["']?([\w.+-]{1,60})/m.exec(frontMatter)?.[1];
}
