/** How the entries of P are spread: bars and kernel density against a normal, on a logarithmic scale, and the quantiles. */
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Distribution, DistributionShape } from "../../domain/superposition";
import chart from "../charts/chart.module.css";
import { ChartPanel } from "../charts/ChartPanel";
import { LineChart, type Series } from "../charts/LineChart";
import { ScatterChart } from "../charts/ScatterChart";
import type { Plane } from "../charts/plane";
import { useSlice } from "../workspaceContext";
import { anglesSentence, distributionSentence } from "./sentences";

type P = Distribution & DistributionShape;

export function DistributionPanel() {
  const view = useSlice("superposition", (state) => state.layers.get(state.layer));
  const [kind, setKind] = useState<"density" | "quantiles">("density");
  if (view === undefined) return null;
  return (
    <ChartPanel
      id="distribution"
      title="How the shares are spread"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Chart"
          value={kind}
          data={[
            { value: "density", label: "Density" },
            { value: "quantiles", label: "Quantiles" },
          ]}
          onChange={(value) => setKind(value as typeof kind)}
        />
      }
      sentence={distributionSentence(view)}
    >
      {kind === "density" ? <Density p={view.interference} /> : <Quantiles p={view.interference} />}
      <p className={chart.remark}>{anglesSentence(view)}</p>
    </ChartPanel>
  );
}

const normal = (x: number, { mean, std }: P): number =>
  Math.exp(-0.5 * ((x - mean) / std) ** 2) / (std * Math.sqrt(2 * Math.PI));

function Density({ p }: { p: P }) {
  const { series, floor, ceiling, bars } = useMemo(() => curvesOf(p), [p]);
  return (
    <>
      <LineChart
        series={series}
        labelledBy="distribution-sentence"
        xName="p"
        yName="log₁₀ of the density"
        xDomain={[p.min, p.max]}
        yDomain={[floor, ceiling]}
        under={(plane) => <Bars plane={plane} bars={bars} floor={floor} />}
      />
      <p className={chart.remark}>
        A normal distribution is a parabola on this scale; what lies above it is a heavy tail. High kurtosis:
        a sharp peak at zero with few outliers, that is weak superposition.
      </p>
    </>
  );
}

type Bar = { from: number; to: number; height: number };

function curvesOf(p: P): { series: Series[]; floor: number; ceiling: number; bars: Bar[] } {
  const width = (p.max - p.min) / p.histogram.length || 1;
  const bars = p.histogram.flatMap((count, at) =>
    count === 0
      ? []
      : [
          {
            from: p.min + at * width,
            to: p.min + (at + 1) * width,
            height: Math.log10(count / (p.count * width)),
          },
        ],
  );
  const floor = Math.log10(0.5 / (p.count * width));
  const grid = Array.from({ length: 160 }, (_, at) => p.min + ((p.max - p.min) * at) / 159);
  const above = (points: (readonly [number, number])[]): (readonly [number, number])[] =>
    points.filter(([, y]) => y > floor);
  const density = above(p.density.x.map((x, at) => [x, Math.log10(p.density.y[at]!)] as const));
  const bell = above(grid.map((x) => [x, Math.log10(normal(x, p))] as const));
  const ceiling =
    Math.max(...density.map(([, y]) => y), ...bell.map(([, y]) => y), ...bars.map(({ height }) => height)) +
    0.2;
  const series: Series[] = [
    { key: "density", name: "the pairs (kernel density)", points: density, stroke: "var(--state)" },
    {
      key: "normal",
      name: "a normal distribution of the same spread",
      points: bell,
      stroke: "var(--ink-soft)",
      dash: "5 4",
      width: 1.5,
    },
  ];
  return { series, floor, ceiling, bars };
}

function Bars({ plane, bars, floor }: { plane: Plane; bars: readonly Bar[]; floor: number }) {
  return (
    <g fill="var(--state-wash)" stroke="var(--ghost)" strokeWidth="0.5">
      {bars.map(({ from, to, height }) => (
        <rect
          key={from}
          x={plane.x(from)}
          y={plane.y(height)}
          width={Math.max(1, plane.x(to) - plane.x(from))}
          height={Math.max(0, plane.y(floor) - plane.y(height))}
        />
      ))}
    </g>
  );
}

function Quantiles({ p }: { p: P }) {
  const points = p.quantiles.map(({ observed, normal: expected }) => [expected, observed] as const);
  return (
    <>
      <ScatterChart
        points={points}
        labelledBy="distribution-sentence"
        xName="quantile of a normal distribution"
        yName="quantile of the pairs, in standard deviations"
        height={240}
        hasDiagonal
      />
      <p className={chart.remark}>
        On the dashed line a normal distribution would lie; ends that leave it are heavy tails.
      </p>
    </>
  );
}
