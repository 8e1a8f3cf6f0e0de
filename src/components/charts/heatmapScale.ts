/** From a trace to a scale and a hue: one scale for all views of one prompt. Pure. */
import type { Heatmap } from "../../lib/heatmap/heatmap";
import type { TraceSettings, TraceView } from "../../store/traceStore";
import type { Hue } from "../../lib/heatmap/colour";
import { LEAST_REACH } from "../../lib/heatmap/heatmapScale";

export function hueOf(view: TraceView, severed: TraceSettings["sever"]): Hue {
  if (view === "mlp" || view === "attention") return view;
  return view === "severed" ? severed : "state";
}

/** True when some cell lies clearly below the corrupted run, so that the legend must show that side too. */
export function reachesBelow(heatmap: Heatmap): boolean {
  const floor = heatmap.corrupted - 0.05 * Math.max(LEAST_REACH, heatmap.clean - heatmap.corrupted);
  return !heatmap.isDifference && heatmap.scores.some((row) => row?.some((score) => score < floor));
}
