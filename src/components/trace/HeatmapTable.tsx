/** The same numbers as a table, for reading, copying and screen readers. */
import type { Heatmap } from "../../lib/heatmap/heatmap";
import { TokenText } from "../ui/ModelText";
import { points, probability } from "../ui/numbers";
import styles from "./trace.module.css";

export default function HeatmapTable({ heatmap }: { heatmap: Heatmap }) {
  const write = heatmap.isDifference ? points : probability;
  const layers = Array.from({ length: heatmap.layers }, (_none, layer) => layer);
  return (
    <div className={styles.tableBox} tabIndex={0} role="region" aria-label="Heatmap as a table">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">token</th>
            {layers.map((layer) => (
              <th scope="col" key={layer}>
                {layer}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {heatmap.tokens.map((token, position) => (
            <tr key={position}>
              <th scope="row">
                <TokenText text={token.text} />
                {position >= heatmap.subject.start && position < heatmap.subject.end ? "*" : ""}
              </th>
              {layers.map((layer) => {
                const score = heatmap.scores[position]?.[layer];
                return <td key={layer}>{score === undefined ? "…" : write(score)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
