/** The lab in a worker of the page: models by address or as dropped files, storage in the origin's private files. */
import { z } from "zod";
import type { SentenceEncoder } from "../domain/encoder";
import type { ModelSource, ModelSummary } from "../domain/model";
import type { LabNews } from "../domain/news";
import type { CallContext } from "../domain/progress";
import type { Watch } from "../domain/watch";
import { startBackend } from "../gpu/backend";
import { browserWasmFiles } from "../gpu/wasm/browserFiles";
import { AppError } from "../lib/errors";
import { exclusively } from "../lib/exclusively";
import { droppedModelFiles } from "../loading/droppedFiles";
import { openEmbeddedModel } from "../loading/embeddedModel";
import { openModelCache } from "../loading/cache/openModelCache";
import { openCachedHubModel, peekHubModel } from "../loading/hub/openCachedHubModel";
import { durableFiles, noFiles, type DurableFiles } from "./durableFiles";
import type { LabEnvironment, OpenedFiles, PeekedFiles } from "./environment";
import { opfsFiles } from "./opfsFiles";

const DEFAULT_CORPUS = "models/tiny-facts2-gpt2/corpus.txt";
const modelList = z.array(z.string().regex(/^[\w.-]+$/)).max(100);

/** Loading embedded models needs the page's address: a worker's own is that of its script. */
async function embeddedNames(base: string, signal: AbortSignal): Promise<string[]> {
  const response = await fetch(new URL("models/models.json", base), { signal });
  if (!response.ok)
    throw new AppError("network", "The list of embedded models cannot be read.", "Reload the page.");
  return modelList.parse(await response.json());
}

async function readText(address: URL, signal: AbortSignal): Promise<string> {
  const response = await fetch(address, { signal });
  if (!response.ok) throw new AppError("network", `${address.pathname} cannot be read.`, "Reload the page.");
  return response.text();
}

/** A folder's name says more than those of the files in it, and the weights' name more than the others'. */
function nameOfFiles({ files, folder }: Extract<ModelSource, { kind: "files" }>): string {
  const weights = files.find(({ name }) => /\.(gguf|safetensors)$/i.test(name));
  return folder ?? (weights ?? files[0])?.name ?? "local files";
}

const folderOf = (base: string, name: string): string =>
  new URL(`models/${encodeURIComponent(name)}/`, base).href;

async function openEmbedded(
  base: string,
  name: string,
  options: { signal: AbortSignal; isToBeLoaded: boolean },
): Promise<OpenedFiles> {
  const { manifest, files } = await openEmbeddedModel(folderOf(base, name), options);
  const { licence, modelHash } = manifest;
  return { ref: `embedded:${name}`, files, licence, ...(modelHash && { modelHash }) };
}

async function openSource(
  base: string,
  source: ModelSource,
  context: CallContext<never>,
): Promise<OpenedFiles> {
  const { signal } = context;
  switch (source.kind) {
    case "embedded":
      return openEmbedded(base, source.name, { signal, isToBeLoaded: true });
    case "files":
      return { ref: nameOfFiles(source), files: droppedModelFiles(source.files) };
    case "hub":
      return openCachedHubModel(source, { ...context, cache: await openModelCache() });
    case "path":
      throw new AppError("usage", "A page cannot open a path.", "Choose or drop the file.");
  }
}

async function peekSource(
  base: string,
  source: ModelSource,
  context: CallContext<never>,
): Promise<PeekedFiles> {
  const { signal } = context;
  if (source.kind === "embedded") {
    return { ...(await openEmbedded(base, source.name, { signal, isToBeLoaded: false })), isKept: true };
  }
  if (source.kind !== "hub") return { ...(await openSource(base, source, context)), isKept: true };
  return peekHubModel(source, { ...context, cache: await openModelCache() });
}

async function summarise(base: string, name: string, signal: AbortSignal): Promise<ModelSummary> {
  const { manifest } = await openEmbeddedModel(folderOf(base, name), { signal });
  const { family, parameters, layers, licence } = manifest;
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return { ref: `embedded:${name}`, family, parameters, layers, bytes, licence };
}

async function files(folder: string): Promise<DurableFiles> {
  return durableFiles((await opfsFiles(folder)) ?? noFiles(), (name, job) =>
    exclusively(`palimpsest-${folder}-${name}`, job),
  );
}

/** @param base the page's address. @param watch tells the page, which ends the worker when a step never ends */
export async function browserEnvironment(
  base: string,
  tell: (news: LabNews) => void,
  watch: Watch,
  sentenceEncoder: SentenceEncoder,
): Promise<LabEnvironment> {
  const [journal, cache] = await Promise.all([files("palimpsest-journal"), files("palimpsest-cache")]);
  return {
    sentenceEncoder,
    backends: "gpu" in navigator ? ["webgpu", "wasm"] : ["wasm"],
    startBackend: (name) => startBackend(name, name === "wasm" ? { wasmFiles: browserWasmFiles } : {}),
    openSource: (source, context) => openSource(base, source, context),
    peekSource: (source, context) => peekSource(base, source, context),
    modelCache: openModelCache,
    listEmbedded: async (signal) =>
      Promise.all((await embeddedNames(base, signal)).map((name) => summarise(base, name, signal))),
    defaultCorpus: (signal) => readText(new URL(DEFAULT_CORPUS, base), signal),
    journal,
    cache,
    testsLater: true,
    watch,
    tell,
  };
}
