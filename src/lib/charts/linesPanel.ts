/** One small chart of lines within a picture: title, axes, names below. Pure. */
import { axisTicks } from "./axisTicks";
import type { SvgPicture } from "./svgPicture";

export type Line = {
  name: string;
  points: readonly (readonly [number, number])[];
  stroke: string;
  style: string;
};
export type LinesPanel = { title: string; lines: readonly Line[]; xName: string };

export const LINES_PANEL = { left: 56, width: 560, height: 130, gap: 78, legend: 18 } as const;

const widthOf = (name: string): number => 60 + 7.4 * name.length;

/** Names stand side by side as far as there is room, then in the next row. @returns where the panel ends */
export function drawLines(picture: SvgPicture, top: number, { title, lines, xName }: LinesPanel): number {
  const { left, width, height, gap, legend } = LINES_PANEL;
  const all = lines.flatMap((line) => line.points);
  const mostX = all.reduce((most, [x]) => Math.max(most, x), 0) || 1;
  const high = all.reduce((most, [, y]) => Math.max(most, y), 1e-9);
  const low = all.reduce((least, [, y]) => Math.min(least, y), 0);
  const x = (value: number): number => left + (value / mostX) * width;
  const y = (value: number): number => top + height * (1 - (value - low) / (high - low));
  const foot = top + height;
  picture.text(left, top - 8, "start", `${title} · ${xName}`);
  for (const tick of axisTicks(low, high)) picture.text(left - 6, y(tick) + 4, "end", String(tick));
  for (const tick of axisTicks(0, mostX)) picture.text(x(tick), foot + 16, "middle", String(tick));
  picture.line([[left, y(0)], [left + width, y(0)]], picture.ink); // prettier-ignore
  let [along, row] = [left as number, foot + 34];
  for (const { name, points, stroke, style } of lines) {
    if (along > left && along + widthOf(name) > left + width) [along, row] = [left, row + legend];
    picture.line(
      points.map(([px, py]) => [x(px), y(py)] as const),
      stroke,
      style,
    );
    picture.line([[along, row - 4], [along + 24, row - 4]], stroke, style); // prettier-ignore
    picture.text(along + 30, row, "start", name);
    along += widthOf(name);
  }
  return row + gap - 34;
}
