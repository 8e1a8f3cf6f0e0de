/** From numbers to places in a chart: the area inside its axes. Pure. */
import { axisTicks } from "../../lib/charts/axisTicks";

export type Domain = readonly [number, number];

export type Plane = {
  left: number;
  top: number;
  width: number;
  height: number;
  x(value: number): number;
  y(value: number): number;
  /** The number at a place; what lies outside the axes gives their ends. */
  xAt(place: number): number;
  xTicks: readonly number[];
  yTicks: readonly number[];
};

const LEFT = 44;
const RIGHT = 14;
const TOP = 8;
/** Above the numbers of an axis that is named. */
const NAME = 18;
const BOTTOM = 34;
/** Least distance of two numbers one above the other. */
const TICK_LINE = 17;

/** Values beyond a domain are drawn at its edge. `hasName`: room for the name of the y axis above it. */
export function planeOf(width: number, height: number, x: Domain, y: Domain, hasName = false): Plane {
  const top = TOP + (hasName ? NAME : 0);
  const inner = { width: Math.max(40, width - LEFT - RIGHT), height: height - top - BOTTOM };
  const place = (value: number, [from, to]: Domain): number => {
    const share = to > from ? (value - from) / (to - from) : 0.5;
    return Math.min(1, Math.max(0, share));
  };
  return {
    left: LEFT,
    top,
    ...inner,
    x: (value) => LEFT + place(value, x) * inner.width,
    y: (value) => top + (1 - place(value, y)) * inner.height,
    xAt: (at) => x[0] + Math.min(1, Math.max(0, (at - LEFT) / inner.width)) * (x[1] - x[0]),
    xTicks: axisTicks(...x).filter((_, at, all) => inner.width > 260 || at % Math.ceil(all.length / 4) === 0),
    yTicks: axisTicks(...y).filter((_, at, all) => inner.height / all.length >= TICK_LINE || at % 2 === 0),
  };
}

/** From the least to the largest of what is finite; `also` is inside in any case. */
export function domainOf(values: Iterable<number>, also: readonly number[] = []): Domain {
  let [low, high] = [Infinity, -Infinity];
  for (const value of [...values, ...also]) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  return low === high ? [low, low + 1] : [low, high];
}

/** A tick as short as it can be. */
export const tickText = (value: number): string => {
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e5 || size < 1e-3)
      ? value.toExponential(0)
      : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
};
