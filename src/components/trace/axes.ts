/** The heatmap's two axes, either way round: tokens down and layers across, or transposed. Pure. */
import type { Cell, Heatmap } from "../../lib/heatmap/heatmap";

export type AxisItem = { kind: "token" | "layer"; index: number; isSubject: boolean };
export type Axes = { rows: AxisItem[]; columns: AxisItem[] };

export function axesOf(heatmap: Heatmap, isTransposed: boolean): Axes {
  const tokens = heatmap.tokens.map((_token, index): AxisItem => {
    const isSubject = index >= heatmap.subject.start && index < heatmap.subject.end;
    return { kind: "token", index, isSubject };
  });
  const layers = Array.from({ length: heatmap.layers }, (_none, index): AxisItem => {
    return { kind: "layer", index, isSubject: false };
  });
  return isTransposed ? { rows: layers, columns: tokens } : { rows: tokens, columns: layers };
}

export function cellAt(row: AxisItem, column: AxisItem): Cell {
  return row.kind === "token"
    ? { token: row.index, layer: column.index }
    : { token: column.index, layer: row.index };
}

/** Where a key leads from row `r`, column `c` in a grid of that size; undefined when the key is not for moving. */
export function moveByKey(
  key: string,
  withControl: boolean,
  [r, c]: readonly [number, number],
  [rows, columns]: readonly [number, number],
): [number, number] | undefined {
  const clamp = (value: number, size: number): number => Math.min(size - 1, Math.max(0, value));
  switch (key) {
    case "ArrowUp":
      return [clamp(r - 1, rows), c];
    case "ArrowDown":
      return [clamp(r + 1, rows), c];
    case "ArrowLeft":
      return [r, clamp(c - 1, columns)];
    case "ArrowRight":
      return [r, clamp(c + 1, columns)];
    case "Home":
      return [withControl ? 0 : r, 0];
    case "End":
      return [withControl ? rows - 1 : r, columns - 1];
    default:
      return undefined;
  }
}
