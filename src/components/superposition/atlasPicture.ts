/** The canvas side of the atlas: its cells as a picture of one pixel each, a context in screen pixels, the page's inks. */
import { atlasPixels } from "../../lib/charts/atlasImage";
import type { Scheme } from "../../lib/heatmap/colour";
import type { AtlasInk } from "./drawAtlas";

export function atlasCells(
  values: Float32Array,
  order: readonly number[],
  scheme: Scheme,
): HTMLCanvasElement {
  const n = order.length;
  const picture = document.createElement("canvas");
  picture.width = picture.height = n;
  picture.getContext("2d")?.putImageData(new ImageData(atlasPixels(values, order, scheme), n, n), 0, 0);
  return picture;
}

/** Ready to be drawn on in CSS pixels, sharp on dense screens. */
export function screenContext(
  element: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (element.width !== wide || element.height !== high) [element.width, element.height] = [wide, high];
  const context = element.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

export function inkOf(element: HTMLElement): AtlasInk {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: token("--ink"),
    soft: token("--ink-soft"),
    sheet: token("--sheet"),
    cursor: token("--ink"),
    chosen: token("--edit"),
    font: `12px ${token("--sans")}`,
  };
}
