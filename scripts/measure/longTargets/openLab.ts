/** Any model the lab can open, with its stack and second moments, the way the command line opens it. Node only. */
import type { ModelSource } from "../../../src/domain/model";
import type { Statistics } from "../../../src/editing/statistics";
import { heldTexts } from "../../../src/evaluation/heldTexts";
import { load, unload } from "../../../src/lab/load";
import { nodeEnvironment } from "../../../src/lab/nodeEnvironment";
import { loadedModel, type LoadedState, type Session } from "../../../src/lab/session";
import { defaultTexts, statisticsForLayers } from "../../../src/lab/statistics";

export const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

export type OpenLab = LoadedState & {
  statisticsOf(layers: readonly number[]): Promise<Statistics>;
  /** Texts to preserve are drawn from these, perplexity is measured on a few of them. */
  texts: string[];
  held: string[];
  close(): Promise<void>;
};

/** `embedded:NAME`, or a path. */
export async function openLab(ref: string): Promise<OpenLab> {
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
  return {
    ...state,
    texts,
    held: heldTexts(texts),
    statisticsOf: (layers) => statisticsForLayers(session, layers, QUIET),
    close: () => unload(session),
  };
}
