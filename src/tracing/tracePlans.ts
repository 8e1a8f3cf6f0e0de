/**
 * Which runs a sweep needs for each kind of trace: single states, windows of a sub-module, states with a severed path
 * (algorithms.md 1.2 and 1.4). A plan says which run answers for which layer, so that equal runs are made once and what
 * is known without computing is not computed.
 */
import { tidy, type Tensor } from "../gpu/tensor";
import type { Hook } from "../model/hooks";
import type { KeptRun, OutputSite } from "./keptRun";
import { replacePosition } from "./patch";
import type { Run, Sweep } from "./sweep";
import { layerWindow, type LayerWindow } from "./windows";

/** Where a layer's score comes from: a run of the sweep, or the clean or corrupted run that is known already. */
export type Source = number | "clean" | "corrupted";

/** `sources[l]` belongs to layer l. */
export type TokenPlan = { sweep: Sweep; sources: Source[] };

/** h at token t restored after layer l, for every l. Restoring the last layer needs no run. */
export function statePlan(kept: KeptRun, token: number): TokenPlan {
  const { layers } = kept;
  const runs: Run[] = Array.from({ length: layers - 1 }, (_, layer) => ({
    joinsAt: layer + 1,
    enter: () => tidy(() => restoreFirst(kept.entering(layer + 1, token), kept.cleanResidual(layer, token))),
  }));
  const last: Source = token === kept.positions - 1 ? "clean" : "corrupted";
  return { sweep: { token, runs }, sources: [...runs.keys(), last] };
}

/** The sub-module's outputs at token t restored in a window of layers around each l. */
export function windowPlan(kept: KeptRun, token: number, site: OutputSite, width: number): TokenPlan {
  const { layers } = kept;
  const windows: LayerWindow[] = [];
  const sources: Source[] = [];
  for (let centre = 0; centre < layers; centre++) {
    const window = effectiveWindow(layerWindow(centre, width, layers), kept, token);
    const known = windows.findIndex(({ first, end }) => first === window.first && end === window.end);
    // Restoring nothing that the last position can see leaves the corrupted run.
    if (window.first >= window.end) sources.push("corrupted");
    else sources.push(known >= 0 ? known : windows.push(window) - 1);
  }
  const runs: Run[] = windows.map(({ first }) => ({
    joinsAt: first,
    enter: () => kept.entering(first, token),
  }));
  return {
    sweep: {
      token,
      runs,
      at: (layer, members) => restoreOutputs(kept, windows, { layer, token, site, members }),
    },
    sources,
  };
}

/** In the last layer only the last position counts: at other tokens the window ends before it. */
function effectiveWindow({ first, end }: LayerWindow, kept: KeptRun, token: number): LayerWindow {
  const isLast = token === kept.positions - 1;
  return { first, end: isLast ? end : Math.min(end, kept.layers - 1) };
}

function restoreOutputs(
  kept: KeptRun,
  windows: readonly LayerWindow[],
  {
    layer,
    token,
    site,
    members,
  }: { layer: number; token: number; site: OutputSite; members: readonly number[] },
): Hook | undefined {
  const inside = members.map((run) => layer >= windows[run]!.first && layer < windows[run]!.end);
  if (!inside.includes(true)) return undefined;
  return (where, x) => {
    if (where !== `blocks.${layer}.${site}`) return x;
    return tidy(() =>
      replacePosition(x, 0, kept.cleanOutput(layer, token), (row) =>
        inside[Math.floor(row / kept.samples)] ? 0 : undefined,
      ),
    );
  };
}

/**
 * h at token t restored after layer l while the severed sub-module's outputs at t are held, in every layer, at what
 * `recorded` has. Run 0 is the severed pass with nothing restored; the others branch off from it. `kept` is the pass that
 * is scored: under the published noise another one than `recorded`.
 */
export function severedPlan(kept: KeptRun, recorded: KeptRun, token: number, site: OutputSite): TokenPlan {
  const { layers, samples } = kept;
  const baseline: Run = { joinsAt: 0, enter: () => kept.entering(0, token) };
  const restored: Run[] = Array.from({ length: layers - 1 }, (_, layer) => ({
    joinsAt: layer + 1,
    enter: (current) => tidy(() => restoreFirst(current!, kept.cleanResidual(layer, token))),
  }));
  const at = (layer: number): Hook | undefined => {
    // In the last layer other positions than the last are not computed, and nothing reads them.
    if (layer === layers - 1 && token < kept.positions - 1) return undefined;
    return (where, x) => {
      if (where !== `blocks.${layer}.${site}`) return x;
      return tidy(() =>
        replacePosition(x, 0, recorded.corruptedOutput(layer, token), (row) => row % samples),
      );
    };
  };
  const last: Source = token === kept.positions - 1 ? "clean" : 0;
  return {
    sweep: { token, runs: [baseline, ...restored], at },
    sources: [...restored.map((_, layer) => layer + 1), last],
  };
}

/** Restoring before the first corrupted token changes nothing, exactly. */
export const untouchedPlan = (kept: KeptRun, token: number): TokenPlan => ({
  sweep: { token, runs: [] },
  sources: Array.from({ length: kept.layers }, () => "corrupted"),
});

/** x [N, S, d] with position 0 of every row replaced by one vector [1, d]. */
function restoreFirst(x: Tensor, vector: Tensor): Tensor {
  return replacePosition(x, 0, vector, () => 0);
}
