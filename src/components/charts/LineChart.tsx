/** Curves over one axis. They differ in dashes as well as in hue; the sentence that `labelledBy` names says what they show. */
import type { PointerEvent, ReactNode } from "react";
import { ChartFrame } from "./ChartFrame";
import styles from "./chart.module.css";
import { domainOf, planeOf, type Domain, type Plane } from "./plane";
import { useWidth } from "./useWidth";

export type Series = {
  key: string;
  /** One without a name is not in the legend. */
  name?: ReactNode;
  points: readonly (readonly [number, number])[];
  stroke: string;
  dash?: string;
  width?: number;
  opacity?: number;
};

export type Marker = { x: number; label: string; stroke: string };

type LineChartProps = {
  series: readonly Series[];
  /** Drawn behind them and named after them. */
  behind?: readonly Series[];
  labelledBy: string;
  xName: string;
  yName?: string;
  height?: number;
  xDomain?: Domain;
  yDomain?: Domain;
  markers?: readonly Marker[];
  hasLegend?: boolean;
  hasDots?: boolean;
  /** A place along the axis was clicked or dragged to. */
  onPick?: (x: number) => void;
  /** Drawn below the curves. */
  under?: (plane: Plane) => ReactNode;
};

export function LineChart(props: LineChartProps) {
  const {
    series,
    behind = [],
    labelledBy,
    xName,
    yName,
    height = 240,
    markers = [],
    hasLegend = true,
    onPick,
  } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const points = [...series, ...behind].flatMap((one) => one.points);
  const xDomain = props.xDomain ?? domainOf(points.map(([x]) => x));
  const yDomain =
    props.yDomain ??
    domainOf(
      points.map(([, y]) => y),
      [0],
    );
  const plane = planeOf(width, height, xDomain, yDomain, yName !== undefined);
  const pick = (event: PointerEvent<HTMLDivElement>): void => {
    if (onPick === undefined || (event.type === "pointermove" && event.buttons !== 1)) return;
    onPick(plane.xAt(event.clientX - event.currentTarget.getBoundingClientRect().left));
  };
  return (
    <figure className={styles.figure} role="group" aria-labelledby={labelledBy}>
      <div
        ref={box}
        onPointerDown={pick}
        onPointerMove={pick}
        style={onPick && { cursor: "ew-resize", touchAction: "pan-y" }}
      >
        <ChartFrame plane={plane} width={width} height={height} xName={xName} {...(yName && { yName })}>
          {props.under?.(plane)}
          {[...behind, ...series].map((one) => (
            <Curve key={one.key} one={one} plane={plane} hasDots={props.hasDots ?? false} />
          ))}
          {markers.map((marker, at) => (
            <Mark key={`${marker.label}${marker.x}`} marker={marker} plane={plane} line={at} />
          ))}
        </ChartFrame>
      </div>
      {hasLegend ? (
        <ul className={styles.legend}>
          {[...series, ...behind]
            .filter(({ name }) => name !== undefined)
            .map((one) => (
              <li key={one.key}>
                <Stroke {...one} />
                {one.name}
              </li>
            ))}
        </ul>
      ) : null}
    </figure>
  );
}

/** A place along the axis. Its words stand on the curves, one line each, on the side that has more room. */
function Mark({ marker, plane, line }: { marker: Marker; plane: Plane; line: number }) {
  const { label, stroke } = marker;
  const x = plane.x(marker.x);
  const isRight = x > plane.left + plane.width * 0.6;
  return (
    <g>
      <line
        x1={x}
        x2={x}
        y1={plane.top}
        y2={plane.top + plane.height}
        stroke={stroke}
        strokeDasharray="3 3"
      />
      <text
        className={styles.marker}
        x={x + (isRight ? -5 : 5)}
        y={plane.top + 14 + 16 * line}
        textAnchor={isRight ? "end" : "start"}
        style={{ fill: stroke }}
      >
        {label}
      </text>
    </g>
  );
}

/** A short piece of a curve, beside its name. */
export function Stroke({
  stroke,
  dash,
  width = 2,
  opacity,
}: Pick<Series, "stroke" | "dash" | "width" | "opacity">) {
  return (
    <svg width="26" height="8" aria-hidden="true">
      <line
        x1="0"
        x2="26"
        y1="4"
        y2="4"
        stroke={stroke}
        strokeWidth={width}
        strokeDasharray={dash}
        opacity={opacity}
      />
    </svg>
  );
}

function Curve({ one, plane, hasDots }: { one: Series; plane: Plane; hasDots: boolean }) {
  const drawn = one.points.filter(([, y]) => Number.isFinite(y));
  const path = drawn.map(([x, y]) => `${plane.x(x).toFixed(1)},${plane.y(y).toFixed(1)}`).join(" ");
  const isDotted = hasDots || drawn.length === 1;
  return (
    <g opacity={one.opacity}>
      <polyline
        points={path}
        fill="none"
        stroke={one.stroke}
        strokeWidth={one.width ?? 2}
        strokeDasharray={one.dash}
        strokeLinejoin="round"
      />
      {isDotted
        ? drawn.map(([x, y]) => <circle key={x} cx={plane.x(x)} cy={plane.y(y)} r="3" fill={one.stroke} />)
        : null}
    </g>
  );
}
