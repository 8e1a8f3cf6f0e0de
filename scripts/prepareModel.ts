/**
 * What ships with an embedded model so that the lab need not compute it: packed second moments of every layer, σ of its
 * subjects' embeddings, and context templates. Made by the lab's own engine on the weights as they ship.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sampleContexts } from "../src/editing/contexts";
import { collectStatistics } from "../src/editing/statistics";
import { writePackedStatistics } from "../src/editing/statisticsFile";
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { PREPARED, statisticsName, writePrepared } from "../src/lab/prepared";
import { openCheckpoint } from "../src/loading/checkpoint";
import { readFactSubjects } from "../src/loading/factSubjects";
import { nodeModelFiles } from "../src/loading/nodeModelFiles";
import { parseModelConfig } from "../src/model/config";
import { loadModel } from "../src/model/model";
import { openTokenizer } from "../src/model/tokenizer/openTokenizer";
import { embeddingDeviation } from "../src/tracing/noise";

/** The seed that edits use unless told otherwise. */
const CONTEXT_SEED = 1;

/** Files by name for the model in `folder`, which must hold its weights, facts and corpus already. */
export async function prepareModel(folder: string, root: string): Promise<Map<string, Uint8Array>> {
  const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
  const source = await nodeModelFiles(folder);
  const checkpoint = await openCheckpoint(source);
  const config = parseModelConfig(checkpoint.config);
  const model = await loadModel(checkpoint, openTokenizer(checkpoint), config);
  const signal = new AbortController().signal;
  try {
    const corpus = await readFile(join(folder, "corpus.txt"), "utf8");
    const texts = corpus.split("\n").filter((line) => line.trim() !== "");
    const layers = Array.from({ length: config.layers }, (_, layer) => layer);
    const context = { signal, onProgress: () => undefined };
    const statistics = await collectStatistics(model, { layers, texts }, context);
    const prepared = {
      modelHash: model.hash,
      subjectDeviation: await embeddingDeviation(model, await readFactSubjects(source)),
      contexts: { seed: CONTEXT_SEED, templates: await sampleContexts(model, CONTEXT_SEED) },
    };
    const files = new Map<string, Uint8Array>([
      [PREPARED, new TextEncoder().encode(writePrepared(prepared))],
    ]);
    for (const layer of layers)
      files.set(statisticsName(layer), await writePackedStatistics(statistics, layer));
    return files;
  } finally {
    model.dispose();
    backend.dispose();
  }
}
