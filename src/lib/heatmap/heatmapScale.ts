/** From a trace to a scale: one for all views of one prompt. Pure. */
import type { Scale } from "./colour";
import type { Heatmap } from "./heatmap";

/** Below this drop the corrupted run says nothing, and the scale would only enlarge noise. */
export const LEAST_REACH = 0.02;

export function scaleOf(heatmap: Heatmap): Scale {
  const reach = Math.max(LEAST_REACH, heatmap.clean - heatmap.corrupted);
  if (heatmap.isDifference) return { nothing: 0, all: reach, isDifference: true };
  return { nothing: heatmap.corrupted, all: heatmap.corrupted + reach, isDifference: false };
}
