/** The lab in a terminal: files from disk; only what can be computed again is kept between runs. Node only. */
import { readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Backend, ModelSource, ModelSummary } from "../domain/model";
import { startBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { threadsFor } from "../gpu/wasm/wasmFiles";
import { AppError } from "../lib/errors";
import { nearest } from "../lib/nearest";
import { openHubModel } from "../loading/hub/openHubModel";
import { nodeEmbeddedModel, nodeModelFiles } from "../loading/nodeModelFiles";
import { durableFiles, memoryFiles } from "./durableFiles";
import { provideWebGpu } from "./nodeWebGpu";
import type { LabEnvironment, OpenedFiles } from "./environment";
import { folderFiles } from "./folderFiles";
import { nodeWatch } from "./nodeWatch";

const DEFAULT_CORPUS = "public/models/tiny-facts2-gpt2/corpus.txt";

/** The checkout this code runs from, whether bundled into dist/cli or not. */
function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    if (dirname(folder) === folder) throw new AppError("missing", "The Palimpsest checkout cannot be found.");
    folder = dirname(folder);
  }
  return folder;
}

async function embeddedNames(root: string): Promise<string[]> {
  const entries = await readdir(join(root, "public/models"), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function openEmbedded(root: string, name: string): Promise<OpenedFiles> {
  const names = await embeddedNames(root);
  if (!names.includes(name)) {
    const guess = nearest(name, names);
    const remedy = guess
      ? `Did you mean embedded:${guess}?`
      : `There is ${names.map((n) => `embedded:${n}`).join(", ")}.`;
    throw new AppError("model-not-found", `There is no embedded model “${name}”.`, remedy);
  }
  const { manifest, files } = await nodeEmbeddedModel(join(root, "public/models", name));
  return { ref: `embedded:${name}`, files, licence: manifest.licence };
}

async function openSource(root: string, source: ModelSource, signal: AbortSignal): Promise<OpenedFiles> {
  switch (source.kind) {
    case "embedded":
      return openEmbedded(root, source.name);
    case "path":
      return { ref: source.path, files: await nodeModelFiles(source.path) };
    case "hub":
      return openHubModel(source, { signal });
    case "files":
      throw new AppError("usage", "Dropped files exist only in the page.", "Give a path.");
  }
}

async function summarise(root: string, name: string): Promise<ModelSummary> {
  const { manifest } = await nodeEmbeddedModel(join(root, "public/models", name));
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const { family, parameters, layers, licence } = manifest;
  return { ref: `embedded:${name}`, family, parameters, layers, bytes, licence };
}

export function nodeEnvironment({ backend }: { backend: Backend }): LabEnvironment {
  const root = projectRoot();
  return {
    backends: [backend],
    async startBackend(name) {
      if (name === "webgpu") await provideWebGpu();
      if (name !== "wasm") return startBackend(name);
      return startBackend(name, {
        wasmFiles: await readWasmFiles(root, { threads: threadsFor(availableParallelism()) }),
      });
    },
    openSource: (source, { signal }) => openSource(root, source, signal),
    peekSource: async (source, { signal }) => ({
      ...(await openSource(root, source, signal)),
      isKept: source.kind !== "hub",
    }),
    modelCache: async () => undefined,
    listEmbedded: async () => Promise.all((await embeddedNames(root)).map((name) => summarise(root, name))),
    defaultCorpus: () => readFile(join(root, DEFAULT_CORPUS), "utf8"),
    journal: durableFiles(memoryFiles()),
    cache: durableFiles(folderFiles(join(root, ".cache/lab"))),
    testsLater: false,
    watch: nodeWatch(),
    tell: () => undefined,
  };
}
