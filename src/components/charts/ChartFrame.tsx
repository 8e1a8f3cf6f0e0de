/** Axes, their numbers and their names around whatever a chart draws. */
import type { ReactNode } from "react";
import styles from "./chart.module.css";
import { tickText, type Plane } from "./plane";

type ChartFrameProps = {
  plane: Plane;
  height: number;
  width: number;
  xName: string;
  yName?: string;
  children: ReactNode;
};

export function ChartFrame({ plane, width, height, xName, yName, children }: ChartFrameProps) {
  const { left, top } = plane;
  const [right, foot] = [left + plane.width, top + plane.height];
  return (
    <svg width={width} height={height} aria-hidden="true">
      {plane.yTicks.map((tick) => (
        <g key={tick}>
          <line
            className={tick === 0 ? styles.zero : styles.grid}
            x1={left}
            x2={right}
            y1={plane.y(tick)}
            y2={plane.y(tick)}
          />
          <text className={styles.axis} x={left - 6} y={plane.y(tick) + 4} textAnchor="end">
            {tickText(tick)}
          </text>
        </g>
      ))}
      {plane.xTicks.map((tick) => (
        <text key={tick} className={styles.axis} x={plane.x(tick)} y={foot + 16} textAnchor="middle">
          {tickText(tick)}
        </text>
      ))}
      <text className={styles.axis} x={right} y={foot + 31} textAnchor="end">
        {xName}
      </text>
      {yName === undefined ? null : (
        <text className={styles.axis} x={0} y={12}>
          {yName}
        </text>
      )}
      {children}
    </svg>
  );
}
