/** Dots against the line on which both numbers agree: quantiles, predicted and measured change, before and after. Pure. */
import { colourOf, type Scheme } from "../heatmap/colour";
import { axisTicks } from "./axisTicks";
import { SvgPicture } from "./svgPicture";

const SIZE = { left: 64, width: 300, height: 300, name: 20, gap: 78 } as const;
const DOT = 2.5;

export type ScatterPanel = {
  points: readonly (readonly [number, number])[];
  xName: string;
  yName: string;
  hue: "state" | "attention";
};

/** One below the other; dots that are no numbers are left out. */
export function scatterPicture(
  panels: readonly ScatterPanel[],
  sentence: string,
  scheme: Scheme = "light",
): string {
  const picture = new SvgPicture(SIZE.left + SIZE.width + 96, sentence, scheme);
  panels.forEach((panel, at) =>
    drawPanel(picture, picture.top + SIZE.name + at * (SIZE.height + SIZE.gap), panel, scheme),
  );
  return picture.finish(picture.top + panels.length * (SIZE.height + SIZE.gap));
}

function drawPanel(
  picture: SvgPicture,
  top: number,
  { points, xName, yName, hue }: ScatterPanel,
  scheme: Scheme,
): void {
  const finite = points.filter((point) => point.every(Number.isFinite));
  const [x0, x1] = reachOf(finite.map(([x]) => x));
  const [y0, y1] = reachOf(finite.map(([, y]) => y));
  const x = (value: number): number => SIZE.left + ((value - x0) / (x1 - x0)) * SIZE.width;
  const y = (value: number): number => top + SIZE.height * (1 - (value - y0) / (y1 - y0));
  const foot = top + SIZE.height;
  for (const tick of axisTicks(x0, x1)) picture.text(x(tick), foot + 16, "middle", String(tick));
  for (const tick of axisTicks(y0, y1)) picture.text(SIZE.left - 6, y(tick) + 4, "end", String(tick));
  picture.line([[SIZE.left, top], [SIZE.left, foot], [SIZE.left + SIZE.width, foot]], picture.ink); // prettier-ignore
  const [from, to] = [Math.max(x0, y0), Math.min(x1, y1)];
  if (from < to)
    picture.line([[x(from), y(from)], [x(to), y(to)]], picture.ink, ' stroke-dasharray="4 4" opacity="0.5"'); // prettier-ignore
  const dot = ([px, py]: readonly [number, number]): string =>
    `M${(x(px) - DOT).toFixed(1)} ${y(py).toFixed(1)}a${DOT} ${DOT} 0 1 0 ${2 * DOT} 0a${DOT} ${DOT} 0 1 0 ${-2 * DOT} 0z`;
  picture.shape(finite.map(dot).join(""), colourOf(0.75, hue, false, scheme));
  picture.text(SIZE.left, foot + 34, "start", `${xName} →`);
  picture.text(SIZE.left - 4, top - 8, "start", `↑ ${yName}`);
}

/** From the least to the largest, zero among them; never empty. */
function reachOf(values: readonly number[]): readonly [number, number] {
  const least = values.reduce((a, b) => Math.min(a, b), 0);
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return least === most ? [0, 1] : [least, most];
}
