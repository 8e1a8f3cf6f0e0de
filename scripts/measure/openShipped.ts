/** An embedded model opened the way the lab opens it, with everything that ships beside the weights. Node only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EditStack } from "../../src/editing/stack";
import type { Statistics } from "../../src/editing/statistics";
import { startBackend } from "../../src/gpu/backend";
import { readWasmFiles } from "../../src/gpu/wasm/nodeFiles";
import { readPrepared, readShippedStatistics, type Prepared } from "../../src/lab/prepared";
import { openCheckpoint } from "../../src/loading/checkpoint";
import type { Manifest } from "../../src/loading/manifest";
import { nodeEmbeddedModel } from "../../src/loading/nodeModelFiles";
import { parseModelConfig } from "../../src/model/config";
import { loadModel, type Model } from "../../src/model/model";
import { openTokenizer } from "../../src/model/tokenizer/openTokenizer";
import type { FactList } from "./factList";

export type Shipped = {
  model: Model;
  stack: EditStack;
  manifest: Manifest;
  facts: FactList;
  planted: FactList;
  prepared: Prepared;
  /** Shipped second moments of a layer. */
  statistics(layer: number): Promise<Statistics>;
  dispose(): void;
};

export async function openShipped(folder: string, root: string): Promise<Shipped> {
  const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
  const { manifest, files } = await nodeEmbeddedModel(folder);
  const checkpoint = await openCheckpoint(files);
  const model = await loadModel(checkpoint, openTokenizer(checkpoint), parseModelConfig(checkpoint.config));
  const read = async (name: string): Promise<FactList> =>
    JSON.parse(await readFile(join(folder, name), "utf8")) as FactList;
  const prepared = await readPrepared(files);
  if (prepared?.modelHash !== model.hash) throw new Error("prepared.json is missing or about other weights");
  return {
    model,
    stack: new EditStack(model.weights, model.hash),
    manifest,
    facts: await read("facts.json"),
    planted: await read("planted.json"),
    prepared,
    async statistics(layer) {
      const found = await readShippedStatistics(files, layer, model, new AbortController().signal);
      if (!found) throw new Error(`no statistics of layer ${layer} for these weights`);
      return found;
    },
    dispose() {
      model.dispose();
      backend.dispose();
    },
  };
}
