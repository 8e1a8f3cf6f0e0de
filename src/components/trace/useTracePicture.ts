/** What the trace panel draws now: rows still arriving, or the finished trace with how it came about. */
import { useMemo } from "react";
import { useSlice } from "../workspaceContext";
import { difference, fromResult, type Heatmap } from "../../lib/heatmap/heatmap";
import type { ShownTrace, TraceSettings, TraceView } from "../../store/traceStore";
import type { Hue } from "../../lib/heatmap/colour";
import { hueOf } from "../charts/heatmapScale";

export type TracePicture = {
  heatmap: Heatmap;
  view: TraceView;
  hue: Hue;
  settings: Pick<TraceSettings, "samples" | "window" | "seed" | "noise" | "sever">;
  isPartial: boolean;
  isStored: boolean;
  /** Which weights were traced, when that is known. */
  weightsLine: string | undefined;
};

function toHeatmap(shown: ShownTrace): Heatmap {
  return shown.view === "difference"
    ? difference(shown.pair.before, shown.pair.after)
    : fromResult(shown.result);
}

export function useTracePicture(): TracePicture | undefined {
  const view = useSlice("trace", (state) => state.view);
  const run = useSlice("trace", (state) => state.run);
  const shown = useSlice("trace", (state) => state.shown);
  const settings = useSlice("trace", (state) => state.settings);
  const weightsLine = useSlice("trace", (state) => state.about?.weightsLine);
  const finished = useMemo(() => (shown === undefined ? undefined : toHeatmap(shown)), [shown]);

  if (run.status === "running") {
    if (run.partial === undefined) return undefined;
    const hue = hueOf(view, settings.sever);
    return {
      heatmap: run.partial,
      view,
      hue,
      settings,
      isPartial: true,
      isStored: false,
      weightsLine: undefined,
    };
  }
  if (shown === undefined || finished === undefined || shown.view !== view) return undefined;
  const result = shown.view === "difference" ? shown.pair.after : shown.result;
  const made = {
    samples: result.corruptedSamples.length,
    window: result.window,
    seed: result.noise.seed,
    noise: settings.noise,
    sever: result.sever ?? settings.sever,
  };
  const hue = hueOf(view, made.sever);
  return {
    heatmap: finished,
    view,
    hue,
    settings: made,
    isPartial: false,
    isStored: shown.stored,
    weightsLine,
  };
}
