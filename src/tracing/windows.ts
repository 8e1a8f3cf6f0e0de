/**
 * Which layers are restored together when the sub-module at layer l is the centre of a window of w
 * (algorithms.md 1.2 step 7).
 */

/** Layers `first` up to, not including, `end`. */
export type LayerWindow = { first: number; end: number };

/** [max(0, l - ⌊w/2⌋), min(L, l + ⌈w/2⌉)): the published code's window, cut off at the ends. */
export function layerWindow(centre: number, width: number, layers: number): LayerWindow {
  return {
    first: Math.max(0, centre - Math.floor(width / 2)),
    end: Math.min(layers, centre + Math.ceil(width / 2)),
  };
}
