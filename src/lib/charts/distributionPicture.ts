/**
 * How the entries of P are spread, against a normal of the same mean and deviation: bars, the kernel density as a line,
 * the normal as dashes. Heights are on a logarithmic scale, where a normal is a parabola and a heavy tail lies above it. Pure.
 */
import type { Distribution, DistributionShape } from "../../domain/superposition";
import { colourOf, type Scheme } from "../heatmap/colour";
import { axisTicks } from "./axisTicks";
import { SvgPicture } from "./svgPicture";

const SIZE = { left: 56, width: 560, height: 280 } as const;

export function distributionPicture(
  distribution: Distribution & DistributionShape,
  sentence: string,
  scheme: Scheme = "light",
): string {
  const { min, max, mean, std, count, histogram, density } = distribution;
  const picture = new SvgPicture(SIZE.left + SIZE.width + 24, sentence, scheme);
  const bar = (max - min) / histogram.length;
  const densities = histogram.map((number) => number / (count * bar));
  const normal = (x: number): number =>
    Math.exp(-0.5 * ((x - mean) / std) ** 2) / (std * Math.sqrt(2 * Math.PI));
  // The least that one entry alone can stand for is the floor.
  const floor = Math.log10(0.5 / (count * bar));
  const ceiling = Math.log10(1.5 * Math.max(...densities, ...density.y, normal(mean)));
  const x = (value: number): number => SIZE.left + ((value - min) / (max - min)) * SIZE.width;
  const y = (value: number): number => {
    const share = (Math.log10(value) - floor) / (ceiling - floor);
    return picture.top + SIZE.height * (1 - Math.max(0, Math.min(1, share)));
  };
  const foot = picture.top + SIZE.height;
  densities.forEach((value, at) => {
    if (value === 0) return;
    const from = x(min + at * bar);
    const title = `${(min + at * bar).toFixed(3)} to ${(min + (at + 1) * bar).toFixed(3)}: ${histogram[at]}`;
    const fill = colourOf(0.25, "state", false, scheme);
    picture.rectangle(from + 0.5, y(value), SIZE.width / histogram.length - 1, foot - y(value), fill, title);
  });
  const above = (value: number): boolean => Math.log10(value) > floor;
  const line = density.x.flatMap((value, at) =>
    above(density.y[at]!) ? [[x(value), y(density.y[at]!)] as const] : [],
  );
  picture.line(line, colourOf(0.9, "state", false, scheme), ' stroke-width="1.5"');
  const grid = Array.from({ length: 200 }, (_, at) => min + ((max - min) * at) / 199);
  const bell = grid.flatMap((value) => (above(normal(value)) ? [[x(value), y(normal(value))] as const] : []));
  picture.line(bell, picture.ink, ' stroke-dasharray="4 4"');
  picture.line([[SIZE.left, foot], [SIZE.left + SIZE.width, foot]], picture.ink); // prettier-ignore
  for (const tick of axisTicks(min, max)) picture.text(x(tick), foot + 16, "middle", String(tick));
  for (let power = Math.ceil(floor); power <= Math.floor(ceiling); power++) {
    picture.text(SIZE.left - 6, y(10 ** power) + 4, "end", `1e${power}`);
  }
  picture.text(SIZE.left, foot + 38, "start", "p · bars and line: density (logarithmic) · dashes: a normal");
  return picture.finish(foot + 54);
}
