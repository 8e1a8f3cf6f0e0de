/** P as pixels, one per pair: red above zero, blue below, −1 to 1, what lies beyond drawn as the end. Pure. */
import { colourOf, type Scheme } from "../heatmap/colour";

/** Shades on each side of zero. */
const SHADES = 255;

/** RGBA of −1 … 1 as 32-bit numbers in the machine's own order. */
function palette(scheme: Scheme): Uint32Array {
  const bytes = new Uint8ClampedArray(4 * (2 * SHADES + 1));
  for (let shade = -SHADES; shade <= SHADES; shade++) {
    const hex = colourOf(shade / SHADES, "attention", false, scheme);
    const at = 4 * (shade + SHADES);
    for (let channel = 0; channel < 3; channel++) {
      bytes[at + channel] = Number.parseInt(hex.slice(1 + 2 * channel, 3 + 2 * channel), 16);
    }
    bytes[at + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/** `values` [n, n] row-major; row r and column c of the picture are facts order[r] and order[c]. */
export function atlasPixels(
  values: Float32Array,
  order: ArrayLike<number>,
  scheme: Scheme,
): Uint8ClampedArray<ArrayBuffer> {
  const n = order.length;
  const colours = palette(scheme);
  const pixels = new Uint32Array(n * n);
  for (let row = 0; row < n; row++) {
    const start = order[row]! * n;
    for (let column = 0; column < n; column++) {
      const value = values[start + order[column]!]!;
      // What is no number counts as nothing.
      const shade = value > 1 ? SHADES : value < -1 ? -SHADES : Math.round((value || 0) * SHADES);
      pixels[row * n + column] = colours[shade + SHADES]!;
    }
  }
  return new Uint8ClampedArray(pixels.buffer);
}

/** Pairs i ≠ j with |p| above a bound, and how many there are in all. */
export function countStrong(values: Float32Array, n: number, bound: number): { strong: number; all: number } {
  let strong = 0;
  for (let at = 0; at < values.length; at++) {
    if (at % (n + 1) !== 0 && Math.abs(values[at]!) > bound) strong++;
  }
  return { strong, all: n * (n - 1) };
}
