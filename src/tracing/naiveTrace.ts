/**
 * The slow twin of the sweep: one whole forward pass of the clean and all corrupted rows for every cell, as the published
 * code does it (algorithms.md 1.2). Kept because it is plain to see that it is right; the sweep is tested against it.
 */
import { reshape, slice } from "../gpu/ops";
import { dispose, tidy, type Tensor } from "../gpu/tensor";
import { runBlocksWithPauses } from "../model/forward";
import { chain, noHook, type Hook, type Site } from "../model/hooks";
import type { Model } from "../model/model";
import { answerProbabilities } from "./answerProbability";
import type { KeptRun, OutputSite } from "./keptRun";
import { replacePosition } from "./patch";
import { layerWindow } from "./windows";

/** What one cell restores and severs. */
export type Intervention = {
  token: number;
  layer: number;
  kind: "state" | "window";
  /** The sub-module that is restored in a window, or severed. */
  site: OutputSite | undefined;
  window: number;
  /** The pass whose outputs are written over the severed sub-module's. */
  recorded: KeptRun | undefined;
};

type NaiveContext = { model: Model; scored: KeptRun; signal: AbortSignal };

/** The answer's probability in each of the N corrupted runs with the intervention made. */
export async function naiveCell(
  intervention: Intervention,
  answer: number,
  context: NaiveContext,
): Promise<Float32Array> {
  const rows = await restoredLastRows(intervention, context);
  try {
    return (await answerProbabilities(context.model, rows, answer, context.signal)).slice(1);
  } finally {
    dispose(rows);
  }
}

/** Residual of the last position after the last block with the intervention made, [N + 1, d]; row 0 stays clean. */
export async function restoredLastRows(intervention: Intervention, context: NaiveContext): Promise<Tensor> {
  const { model, scored, signal } = context;
  const at = interventionHook(intervention, model.config.layers);
  const residual = await runBlocksWithPauses(model, 0, scored.embedded, { at, signal });
  const rows = tidy(() => {
    const [batch, positions, width] = residual.shape as [number, number, number];
    return reshape(slice(residual, [0, positions - 1, 0], [batch, 1, width]), [batch, width]);
  });
  dispose(residual);
  return rows;
}

function interventionHook(
  { token, layer, kind, site, window, recorded }: Intervention,
  layers: number,
): Hook {
  const sever = recorded && site ? severOutputs(recorded, site, token) : noHook;
  if (kind === "state") return chain(sever, restoreClean([`blocks.${layer}.resid`], token));
  const { first, end } = layerWindow(layer, window, layers);
  const sites = Array.from({ length: end - first }, (_, i): Site => `blocks.${first + i}.${site!}`);
  return restoreClean(sites, token);
}

/** At these sites every row gets row 0's vector at one token. */
function restoreClean(sites: readonly Site[], token: number): Hook {
  const wanted = new Set(sites);
  return (where, x) => {
    if (!wanted.has(where)) return x;
    return tidy(() => {
      const clean = reshape(slice(x, [0, token, 0], [1, 1, -1]), [1, x.shape[2]!]);
      return replacePosition(x, token, clean, (row) => (row > 0 ? 0 : undefined));
    });
  };
}

/** In every layer the corrupted rows' outputs at one token are those of the recorded pass. */
function severOutputs(recorded: KeptRun, site: OutputSite, token: number): Hook {
  const layerOf = new Map(
    Array.from({ length: recorded.layers }, (_, layer) => [`blocks.${layer}.${site}`, layer]),
  );
  return (where, x) => {
    const layer = layerOf.get(where);
    if (layer === undefined) return x;
    return tidy(() => {
      const outputs = recorded.corruptedOutput(layer, token);
      return replacePosition(x, token, outputs, (row) => (row > 0 ? row - 1 : undefined));
    });
  };
}
