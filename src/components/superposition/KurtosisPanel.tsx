/** Excess kurtosis of P layer by layer, of this model and of every other one that was looked at. */
import { useMemo } from "react";
import { meanKurtosis } from "../../lib/meanKurtosis";
import { modelName } from "../../store/modelRef";
import type { SizeEntry } from "../../store/keptSizes";
import chart from "../charts/chart.module.css";
import { ChartPanel } from "../charts/ChartPanel";
import { LineChart, Stroke, type Series } from "../charts/LineChart";
import { parameters } from "../ui/numbers";
import { useSlice } from "../workspaceContext";
import { kurtosisSentence, plain, sizeSentence } from "./sentences";
import styles from "./superposition.module.css";

export function KurtosisPanel() {
  const layers = useSlice("superposition", (state) => state.layers);
  const sorted = useMemo(() => [...layers.values()].sort((a, b) => a.layer - b.layer), [layers]);
  if (sorted.length === 0) return null;
  const finite = (points: (readonly [number, number])[]) => points.filter(([, y]) => Number.isFinite(y));
  const series: Series[] = [
    {
      ...{ key: "all", name: "all pairs", stroke: "var(--state)" },
      points: finite(sorted.map(({ layer, kurtosis }) => [layer, kurtosis] as const)),
    },
    {
      ...{ key: "without", name: "without |p| > 0.9", stroke: "var(--mlp)", dash: "5 3", width: 1.5 },
      points: finite(
        sorted.map(({ layer, interference }) => [layer, interference.extreme.kurtosisWithout] as const),
      ),
    },
  ];
  return (
    <ChartPanel id="kurtosis" title="Superposition by layer" sentence={kurtosisSentence(sorted)}>
      <LineChart
        series={series}
        labelledBy="kurtosis-sentence"
        xName="layer"
        yName="excess kurtosis of P"
        hasDots
      />
    </ChartPanel>
  );
}

/** Hues and dashes of models, largest first. */
const STYLES = [
  { stroke: "var(--state)" },
  { stroke: "var(--series-1)", dash: "6 3" },
  { stroke: "var(--series-2)", dash: "2 3" },
  { stroke: "var(--series-3)", dash: "8 3 2 3" },
  { stroke: "var(--series-4)", dash: "4 4" },
  { stroke: "var(--series-5)", dash: "1 3" },
] as const;

export function SizesPanel() {
  const sizes = useSlice("superposition", (state) => state.sizes);
  const sorted = useMemo(() => sizes.toSorted((a, b) => b.parameters - a.parameters), [sizes]);
  if (sizes.length === 0) return null;
  return (
    <ChartPanel id="sizes" title="Models compared" sentence={sizeSentence(sizes)}>
      <LineChart
        series={sorted.slice(0, STYLES.length).map(seriesOf)}
        labelledBy="sizes-sentence"
        xName="depth, as a share of the layers"
        yName="excess kurtosis of P"
        xDomain={[0, 1]}
        hasLegend={false}
        hasDots
      />
      <div className={styles.tableBox} tabIndex={0} role="region" aria-label="Table of models">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">model</th>
              <th scope="col" className={styles.number}>
                size
              </th>
              <th scope="col" className={styles.number}>
                facts
              </th>
              <th scope="col" className={styles.number}>
                mean kurtosis
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((entry, at) => (
              <tr key={`${entry.ref} ${entry.list} ${entry.facts}`}>
                <td>
                  <Stroke {...STYLES[at % STYLES.length]!} /> {modelName(entry.ref)}
                </td>
                <td className={styles.number}>{parameters(entry.parameters)}</td>
                <td className={styles.number}>
                  {entry.facts} {entry.list}
                </td>
                <td className={styles.number}>{plain(meanKurtosis(entry))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={chart.remark}>
        Kept across models and visits. P of two models can be compared by shape, not by size: each has its own
        C.
      </p>
    </ChartPanel>
  );
}

function seriesOf({ ref, list, facts, layers }: SizeEntry, at: number): Series {
  const last = Math.max(1, layers.at(-1)?.layer ?? 1);
  const points = layers.flatMap(({ layer, kurtosis }) =>
    Number.isFinite(kurtosis) ? [[layer / last, kurtosis] as const] : [],
  );
  return { key: `${ref} ${list} ${facts}`, name: modelName(ref), points, ...STYLES[at % STYLES.length]! };
}
