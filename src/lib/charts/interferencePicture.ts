/**
 * The matrix P as a picture, as in the paper's figure 3: red above zero, blue below, −1 to 1, what lies beyond drawn as
 * the end. Lists too long for a cell each show in every cell the strongest of the pairs it stands for. Pure.
 */
import { colourOf, type Scheme } from "../heatmap/colour";
import { SvgPicture } from "./svgPicture";

const SIDE = 560;
const LEFT = 48;
const MOST_CELLS = 256;
/** Colours from nothing to all, on each side. */
const SHADES = 24;

/** `values` [n, n] row-major; row i is the fact that would be edited. */
export function interferencePicture(
  values: Float64Array,
  n: number,
  sentence: string,
  scheme: Scheme = "light",
): string {
  const picture = new SvgPicture(LEFT + SIDE + 24, sentence, scheme);
  const { cells, count } = condense(values, n);
  const side = SIDE / count;
  for (const [shade, path] of runsByShade(cells, count, side, picture.top)) {
    picture.shape(path, colourOf(shade / SHADES, "attention", false, scheme));
  }
  const foot = picture.top + SIDE;
  for (const fact of ticks(n)) {
    const at = ((fact + 0.5) / n) * SIDE;
    picture.text(LEFT - 6, picture.top + at + 4, "end", String(fact));
    picture.text(LEFT + at, foot + 16, "middle", String(fact));
  }
  picture.text(LEFT, foot + 38, "start", "row: the fact that is edited · column: the fact it falls on");
  drawScale(picture, foot + 50, scheme);
  return picture.finish(foot + 92);
}

/** At most 256 rows; a cell is the value of largest size among those it stands for. */
export function condense(values: Float64Array, n: number): { cells: Float64Array; count: number } {
  const count = Math.min(n, MOST_CELLS);
  if (count === n) return { cells: values, count };
  const cells = new Float64Array(count * count);
  for (let i = 0; i < n; i++) {
    const row = Math.floor((i * count) / n);
    for (let j = 0; j < n; j++) {
      const at = row * count + Math.floor((j * count) / n);
      // The diagonal is 1 by definition and would hide everything near it.
      if (i !== j && Math.abs(values[i * n + j]!) > Math.abs(cells[at]!)) cells[at] = values[i * n + j]!;
    }
  }
  return { cells, count };
}

/** One path per shade, neighbours of a row in one rectangle. */
function runsByShade(cells: Float64Array, count: number, side: number, top: number): Map<number, string> {
  const paths = new Map<number, string>();
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count;) {
      const shade = shadeOf(cells[row * count + column]!);
      let end = column + 1;
      while (end < count && shadeOf(cells[row * count + end]!) === shade) end++;
      const x = (LEFT + column * side).toFixed(1);
      const y = (top + row * side).toFixed(1);
      const width = ((end - column) * side).toFixed(1);
      const step = `M${x} ${y}h${width}v${side.toFixed(1)}h-${width}z`;
      paths.set(shade, (paths.get(shade) ?? "") + step);
      column = end;
    }
  }
  return paths;
}

const shadeOf = (value: number): number => Math.round(Math.max(-1, Math.min(1, value)) * SHADES);

/** About eight facts along an axis. */
function ticks(n: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 250, 500, 1000].find((width) => n / width <= 8) ?? 2000;
  return Array.from({ length: Math.ceil(n / step) }, (_, at) => at * step);
}

function drawScale(picture: SvgPicture, y: number, scheme: Scheme): void {
  const width = 200 / (2 * SHADES + 1);
  for (let shade = -SHADES; shade <= SHADES; shade++) {
    const x = LEFT + (shade + SHADES) * width;
    picture.rectangle(x, y, width + 0.2, 12, colourOf(shade / SHADES, "attention", false, scheme));
  }
  for (const [at, word] of [[0, "−1"], [100, "0"], [200, "1"]] as const) picture.text(LEFT + at, y + 28, "middle", word); // prettier-ignore
  picture.text(LEFT + 220, y + 11, "start", "p");
}
