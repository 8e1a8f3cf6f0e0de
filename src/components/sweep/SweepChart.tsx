/** Curves over the layers: the trace as an area, the edit's three outcomes as lines; and the same as a table to hear. */
import type { SweepResult } from "../../domain/trials";
import { visibleString } from "../../lib/visibleText";
import { probability } from "../ui/numbers";
import { doneLayers, SERIES, type TraceCurve } from "./sweepSentence";
import styles from "./sweep.module.css";

/** In the chart's own units; the drawing is stretched, its lines are not. */
const BOX = { width: 1000, height: 200 } as const;

type Point = { layer: number; p: number };

function Spoken({ result, trace }: { result: SweepResult; trace: TraceCurve | undefined }) {
  return (
    <table className="visually-hidden">
      <caption>The edit at every layer</caption>
      <thead>
        <tr>
          <th scope="col">layer</th>
          {SERIES.map(({ kind, label }) => (
            <th scope="col" key={kind}>
              {label}
            </th>
          ))}
          <th scope="col">trace</th>
        </tr>
      </thead>
      <tbody>
        {result.layers.map((one) => (
          <tr key={one.layer}>
            <th scope="row">{one.layer}</th>
            {SERIES.map(({ kind }) => {
              const score = one.status === "done" ? one.scores[kind] : null;
              return <td key={kind}>{score === null ? "–" : probability(score.p)}</td>;
            })}
            <td>{probability(trace?.[one.layer] ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type SweepChartProps = {
  result: SweepResult;
  trace: TraceCurve | undefined;
  layers: number;
  best: number | undefined;
};

export function SweepChart({ result, trace, layers, best }: SweepChartProps) {
  const last = Math.max(1, layers - 1);
  const x = (layer: number): number => (BOX.width * layer) / last;
  const y = (p: number): number => BOX.height * (1 - Math.min(1, Math.max(0, p)));
  const path = (points: readonly Point[]): string =>
    points.map(({ layer, p }) => `${x(layer).toFixed(1)},${y(p).toFixed(1)}`).join(" ");
  const traced = (trace ?? []).flatMap((p, layer) => (p === undefined ? [] : [{ layer, p }]));
  const ends = [traced[0]?.layer ?? 0, traced.at(-1)?.layer ?? 0] as const;
  const failed = result.layers.flatMap((one) => (one.status === "failed" ? [one] : []));
  return (
    <figure className={styles.figure} aria-labelledby="sweep-legend">
      <figcaption className={styles.legend} id="sweep-legend">
        Probability of the
        {SERIES.map(({ kind, label }) => (
          <span key={kind} data-series={kind}>
            {label}
          </span>
        ))}
        {traced.length === 0 ? null : <span data-series="trace">old answer restored by the trace</span>}
      </figcaption>
      <div className={styles.plot} aria-hidden="true">
        {[0, 0.5, 1].map((p) => (
          <span key={p} className={styles.tick} style={{ top: `${100 * (1 - p)}%` }}>
            {p}
          </span>
        ))}
        <svg viewBox={`0 0 ${BOX.width} ${BOX.height}`} preserveAspectRatio="none">
          {best === undefined ? null : (
            <line className={styles.best} x1={x(best)} x2={x(best)} y1="0" y2={BOX.height} />
          )}
          {traced.length === 0 ? null : (
            <polygon
              className={styles.trace}
              points={`${x(ends[0])},${BOX.height} ${path(traced)} ${x(ends[1])},${BOX.height}`}
            />
          )}
          {[0, 0.5, 1].map((p) => (
            <line key={p} className={styles.rule} x1="0" x2={BOX.width} y1={y(p)} y2={y(p)} />
          ))}
          {SERIES.map(({ kind }) => {
            const points = doneLayers(result).flatMap(({ layer, scores }): Point[] => {
              const score = scores[kind];
              return score === null ? [] : [{ layer, p: score.p }];
            });
            return <polyline key={kind} className={styles.curve} data-series={kind} points={path(points)} />;
          })}
        </svg>
        {SERIES.flatMap(({ kind }) =>
          doneLayers(result).flatMap(({ layer, scores }) => {
            const score = scores[kind];
            if (score === null) return [];
            const place = { left: `${(100 * layer) / last}%`, top: `${(100 * y(score.p)) / BOX.height}%` };
            return [
              <span key={`${kind} ${layer}`} className={styles.dot} data-series={kind} style={place} />,
            ];
          }),
        )}
        {Array.from({ length: layers }, (_none, layer) => (
          <span
            key={layer}
            className={styles.layer}
            data-best={layer === best || undefined}
            data-thin={(layers > 14 && layer % 4 !== 0) || undefined}
            style={{ left: `${(100 * layer) / last}%` }}
          >
            {layer}
          </span>
        ))}
      </div>
      <p className={styles.axis} aria-hidden="true">
        edited layer
      </p>
      <Spoken result={result} trace={trace} />
      {failed.map(({ layer, error }) => (
        <p key={layer} className={styles.fault}>
          Layer {layer}: {visibleString(error.message, "none")}
        </p>
      ))}
    </figure>
  );
}
