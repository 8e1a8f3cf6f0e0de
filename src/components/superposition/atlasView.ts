/** Which part of the atlas is on the screen: scale and offset, kept so that the map never leaves its frame. Pure. */

/** `scale`: pixels per cell; `x`, `y`: cells hidden at the left and above. */
export type AtlasView = { scale: number; x: number; y: number };
/** Pixels of the map itself, without the names beside it; `n` cells on each side. */
export type Frame = { width: number; height: number; n: number };

const LARGEST = 40;

/** All of it. */
export function fitted({ width, height, n }: Frame): AtlasView {
  return { scale: Math.min(LARGEST, Math.min(width, height) / n), x: 0, y: 0 };
}

export function within(view: AtlasView, frame: Frame): AtlasView {
  const least = fitted(frame).scale;
  const scale = Math.min(Math.max(LARGEST, least), Math.max(least, view.scale));
  const most = (pixels: number): number => Math.max(0, frame.n - pixels / scale);
  return {
    scale,
    x: Math.min(most(frame.width), Math.max(0, view.x)),
    y: Math.min(most(frame.height), Math.max(0, view.y)),
  };
}

/** A place of the map, in pixels. */
export type Place = { x: number; y: number };

/** Larger or smaller by `factor`; what lay at the one place lies at the other afterwards. */
function carried(view: AtlasView, factor: number, from: Place, to: Place, frame: Frame): AtlasView {
  const { scale } = within({ ...view, scale: view.scale * factor }, frame);
  const hidden = (before: number, here: number, there: number): number =>
    before + here / view.scale - there / scale;
  return within({ scale, x: hidden(view.x, from.x, to.x), y: hidden(view.y, from.y, to.y) }, frame);
}

/** Larger or smaller by `factor`; what lies at the place stays there. */
export function zoomed(view: AtlasView, factor: number, at: Place, frame: Frame): AtlasView {
  return carried(view, factor, at, at, frame);
}

export function panned(view: AtlasView, dx: number, dy: number, frame: Frame): AtlasView {
  return carried(view, 1, { x: 0, y: 0 }, { x: dx, y: dy }, frame);
}

export type Fingers = readonly [Place, Place];

/** Two fingers went from one pair of places to another: what lay between them stays there and grows as their distance. */
export function pinched(view: AtlasView, before: Fingers, after: Fingers, frame: Frame): AtlasView {
  const factor = distance(after) / distance(before);
  return carried(view, factor, middle(before), middle(after), frame);
}

/** Fingers touching one another say nothing about a scale, in pixels. */
const CLOSEST = 8;
const distance = ([a, b]: Fingers): number => Math.max(CLOSEST, Math.hypot(a.x - b.x, a.y - b.y));
const middle = ([a, b]: Fingers): Place => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** Moved as little as needed for a cell to be seen. */
export function revealing(view: AtlasView, cell: { row: number; column: number }, frame: Frame): AtlasView {
  const shift = (hidden: number, pixels: number, place: number): number => {
    if (place < hidden) return place;
    const shown = pixels / view.scale;
    return place + 1 > hidden + shown ? place + 1 - shown : hidden;
  };
  return within(
    { ...view, x: shift(view.x, frame.width, cell.column), y: shift(view.y, frame.height, cell.row) },
    frame,
  );
}

/** The cell at a place of the map; undefined outside. */
export function cellAt(
  view: AtlasView,
  { n }: Frame,
  at: { x: number; y: number },
): { row: number; column: number } | undefined {
  const column = Math.floor(view.x + at.x / view.scale);
  const row = Math.floor(view.y + at.y / view.scale);
  const isInside = at.x >= 0 && at.y >= 0 && row >= 0 && column >= 0 && row < n && column < n;
  return isInside ? { row, column } : undefined;
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  PageUp: [-10, 0],
  PageDown: [10, 0],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

/** Where a key leads from a cell; undefined for other keys. */
export function cellByKey(
  key: string,
  { row, column }: { row: number; column: number },
  n: number,
): { row: number; column: number } | undefined {
  const step = STEPS[key];
  if (step === undefined) return undefined;
  const held = (value: number): number => Math.min(n - 1, Math.max(0, value));
  return { row: held(row + step[0]), column: held(column + step[1]) };
}
