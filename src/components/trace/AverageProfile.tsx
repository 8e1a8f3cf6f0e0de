/** One role of tokens across the layers: the mean effect of each kind with its 95 % band. */
import type { AverageCell, TokenRole, TraceAverageResult, TraceKind } from "../../domain/trace";
import { ROLE_NAMES } from "../../lib/heatmap/averageFiles";
import { LineChart, type Series } from "../charts/LineChart";
import styles from "./average.module.css";

const CURVES: Readonly<Record<TraceKind, { name: string; stroke: string; dash?: string }>> = {
  state: { name: "States", stroke: "var(--state)" },
  mlp: { name: "MLP", stroke: "var(--mlp)", dash: "6 3" },
  attention: { name: "Attention", stroke: "var(--attention)", dash: "2 3" },
};

type Plotted = { kind: TraceKind; row: readonly AverageCell[] };

export function AverageProfile({ result, role }: { result: TraceAverageResult; role: TokenRole }) {
  const index = result.roles.indexOf(role);
  const plotted: Plotted[] = result.maps.map(({ kind, cells }) => ({ kind, row: cells[index] ?? [] }));
  const series: Series[] = plotted.map(({ kind, row }) => ({
    key: kind,
    ...CURVES[kind],
    points: row.map(({ effect }, layer) => [layer, effect.mean] as const),
  }));
  const ends = plotted.flatMap(({ row }) =>
    row.flatMap(({ effect: { mean, interval } }) => [mean - interval, mean + interval]),
  );
  return (
    <section className={styles.profile}>
      <h3 className={styles.title} id="average-profile">
        {ROLE_NAMES[role]}: probability brought back, layer by layer, with 95 % bands
      </h3>
      <LineChart
        series={series}
        labelledBy="average-profile"
        xName="layer"
        height={190}
        yDomain={[Math.min(0, ...ends), Math.max(0.05, ...ends)]}
        under={(plane) =>
          plotted.map(({ kind, row }) => (
            <polygon
              key={kind}
              className={styles.band}
              fill={CURVES[kind].stroke}
              points={[
                ...row.map(({ effect }, layer) => [layer, effect.mean + effect.interval] as const),
                ...row.map(({ effect }, layer) => [layer, effect.mean - effect.interval] as const).reverse(),
              ]
                .map(([x, y]) => `${plane.x(x).toFixed(1)},${plane.y(y).toFixed(1)}`)
                .join(" ")}
            />
          ))
        }
      />
    </section>
  );
}
