/**
 * Long answers by how long they are, or by how likely the model found them before: what is left of them in its greedy
 * text after an edit, method by method (AnyEdit's figures 2 and 3, arXiv 2502.05628). Pure.
 */
import { colourOf, type Scheme } from "../heatmap/colour";
import { axisTicks } from "./axisTicks";
import { SvgPicture } from "./svgPicture";

/** One text after one method; `y` in [0, 1]. */
export type LongTargetPoint = { name: string; x: number; y: number };
export type LongTargetSeries = { method: string; points: readonly LongTargetPoint[] };

const SIZE = { left: 56, width: 560, height: 260, legend: 18, dot: 4 } as const;
/** Texts are averaged in so many groups of equal size along x. */
const GROUPS = 5;
const DASHES = ["", "6 3", "2 3", "8 3 2 3"] as const;
const HUES = ["state", "mlp", "attention"] as const;

/** `axis` names x. Dots are texts, lines go through the means of groups of equally many texts. */
export function longTargetsPicture(
  series: readonly LongTargetSeries[],
  sentence: string,
  axis: string,
  scheme: Scheme = "light",
): string {
  const picture = new SvgPicture(SIZE.left + SIZE.width + 24, sentence, scheme);
  const xs = series.flatMap(({ points }) => points.map(({ x }) => x));
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const x = (value: number): number => SIZE.left + ((value - from) / (to - from || 1)) * SIZE.width;
  const y = (value: number): number => picture.top + SIZE.height * (1 - value);
  const foot = picture.top + SIZE.height;
  for (const tick of axisTicks(0, 1)) picture.text(SIZE.left - 6, y(tick) + 4, "end", String(tick));
  for (const tick of axisTicks(from, to)) picture.text(x(tick), foot + 16, "middle", String(tick));
  picture.line([[SIZE.left, foot], [SIZE.left + SIZE.width, foot]], picture.ink); // prettier-ignore
  picture.text(SIZE.left + SIZE.width, foot + 32, "end", axis);
  series.forEach(({ method, points }, at) => {
    const colour = at === 0 ? picture.ink : colourOf(0.85, HUES[(at - 1) % HUES.length]!, false, scheme);
    for (const point of points) dot(picture, x(point.x), y(point.y), colour, `${point.name}: ${point.y.toFixed(2)}`); // prettier-ignore
    const dashes = DASHES[at % DASHES.length]!;
    const style = ` stroke-width="2"${dashes ? ` stroke-dasharray="${dashes}"` : ""}`;
    picture.line(groupMeans(points).map((mean) => [x(mean.x), y(mean.y)] as const), colour, style); // prettier-ignore
    const legend = foot + 52 + at * SIZE.legend;
    picture.line([[SIZE.left, legend - 4], [SIZE.left + 28, legend - 4]], colour, style); // prettier-ignore
    picture.text(SIZE.left + 36, legend, "start", method);
  });
  return picture.finish(foot + 58 + series.length * SIZE.legend);
}

function dot(picture: SvgPicture, x: number, y: number, colour: string, title: string): void {
  picture.rectangle(x - SIZE.dot / 2, y - SIZE.dot / 2, SIZE.dot, SIZE.dot, colour, title);
}

/** Means of x and y in groups of neighbours along x. */
export function groupMeans(points: readonly LongTargetPoint[]): { x: number; y: number }[] {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const count = Math.min(GROUPS, sorted.length);
  return Array.from({ length: count }, (_, group) => {
    const part = sorted.slice(
      Math.round((group * sorted.length) / count),
      Math.round(((group + 1) * sorted.length) / count),
    );
    const mean = (of: "x" | "y"): number => part.reduce((sum, point) => sum + point[of], 0) / part.length;
    return { x: mean("x"), y: mean("y") };
  });
}
