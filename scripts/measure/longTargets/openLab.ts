/** Any model the lab can open, with its stack and second moments, the way the command line opens it. Node only. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModelSource } from "../../../src/domain/model";
import type { NullSpaceStore } from "../../../src/editing/nullSpaceFile";
import { collectStatistics, type Statistics } from "../../../src/editing/statistics";
import { readStatistics, writeStatistics } from "../../../src/editing/statisticsFile";
import { heldTexts } from "../../../src/evaluation/heldTexts";
import { load, unload } from "../../../src/lab/load";
import { nodeEnvironment } from "../../../src/lab/nodeEnvironment";
import { loadedModel, type LoadedState, type Session } from "../../../src/lab/session";
import { defaultTexts, statisticsForLayers } from "../../../src/lab/statistics";

/** Few: perplexity is measured after every edit. */
const HELD_LINES = 4;

export const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

export type OpenLab = LoadedState & {
  statisticsOf(layers: readonly number[]): Promise<Statistics>;
  /** AlphaEdit's decompositions, kept between runs where the lab keeps its own. */
  nullSpaces: NullSpaceStore;
  /** Texts to preserve are drawn from these, perplexity is measured on a few of them. */
  texts: string[];
  held: string[];
  close(): Promise<void>;
};

/**
 * `embedded:NAME`, or a path. With `lines`, second moments come from so many lines of the text only, kept in `folder`: a
 * large model's take a quarter of an hour otherwise.
 */
export async function openLab(ref: string, lines?: { count: number; folder: string }): Promise<OpenLab> {
  const source: ModelSource = ref.startsWith("embedded:")
    ? { kind: "embedded", name: ref.slice("embedded:".length) }
    : { kind: "path", path: ref };
  const session: Session = {
    environment: nodeEnvironment({ backend: "wasm" }),
    engine: undefined,
    loaded: undefined,
  };
  await load(session, { source }, QUIET);
  const state = loadedModel(session);
  const texts = await defaultTexts(state, session, QUIET.signal);
  const { cache } = session.environment;
  return {
    ...state,
    texts,
    held: heldTexts(texts, HELD_LINES),
    nullSpaces: { read: (name) => cache.read(name), write: (name, bytes) => cache.write(name, bytes) },
    statisticsOf: (layers) =>
      lines
        ? ofLines(state, texts.slice(0, lines.count), layers, lines.folder)
        : statisticsForLayers(session, layers, QUIET),
    close: () => unload(session),
  };
}

async function ofLines(
  { model }: LoadedState,
  texts: readonly string[],
  layers: readonly number[],
  folder: string,
): Promise<Statistics> {
  const path = join(folder, `statistics-${texts.length}-${layers.join("-")}.safetensors`);
  if (existsSync(path)) return readStatistics(new Uint8Array(readFileSync(path)), path, model);
  const found = await collectStatistics(model, { layers, texts }, QUIET);
  writeFileSync(path, writeStatistics(found));
  return found;
}
