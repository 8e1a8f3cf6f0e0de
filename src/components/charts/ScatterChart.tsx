/** One dot per fact, with the line on which both numbers agree. Up to thousands of dots in one path. */
import { ChartFrame } from "./ChartFrame";
import styles from "./chart.module.css";
import { domainOf, planeOf, type Domain } from "./plane";
import { useWidth } from "./useWidth";

type ScatterChartProps = {
  points: readonly (readonly [number, number])[];
  labelledBy: string;
  xName: string;
  yName: string;
  height?: number;
  stroke?: string;
  xDomain?: Domain;
  yDomain?: Domain;
  hasDiagonal?: boolean;
};

export function ScatterChart(props: ScatterChartProps) {
  const {
    points,
    labelledBy,
    xName,
    yName,
    height = 220,
    stroke = "var(--state)",
    hasDiagonal = false,
  } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const xDomain =
    props.xDomain ??
    domainOf(
      finite.map(([x]) => x),
      [0],
    );
  const yDomain =
    props.yDomain ??
    domainOf(
      finite.map(([, y]) => y),
      [0],
    );
  const plane = planeOf(width, height, xDomain, yDomain, true);
  const path = finite.map(([x, y]) => `M${plane.x(x).toFixed(1)} ${plane.y(y).toFixed(1)}h0`).join("");
  const ends = [Math.max(xDomain[0], yDomain[0]), Math.min(xDomain[1], yDomain[1])] as const;
  return (
    <figure className={styles.figure} role="group" aria-labelledby={labelledBy}>
      <div ref={box}>
        <ChartFrame plane={plane} width={width} height={height} xName={xName} yName={yName}>
          {hasDiagonal ? (
            <line
              x1={plane.x(ends[0])}
              y1={plane.y(ends[0])}
              x2={plane.x(ends[1])}
              y2={plane.y(ends[1])}
              stroke="var(--line-strong)"
              strokeDasharray="4 4"
            />
          ) : null}
          <path d={path} stroke={stroke} strokeWidth="6" strokeLinecap="round" opacity="0.6" fill="none" />
        </ChartFrame>
      </div>
    </figure>
  );
}
