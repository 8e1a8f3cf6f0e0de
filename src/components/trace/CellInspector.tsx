/** One cell in words: its value and spread, the likeliest words with that state restored, and 'edit here'. */
import { Button } from "@mantine/core";
import { useEffect } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { peakAtSubject } from "../../lib/heatmap/heatmap";
import { ProseText, TokenText } from "../ui/ModelText";
import { points, probability } from "../ui/numbers";
import styles from "./trace.module.css";
import type { TracePicture } from "./useTracePicture";

/** The pointer must rest this long on a cell before the lab is asked about it. */
const REST = 250;

function useInspection(isPartial: boolean): void {
  const { stores } = useWorkspace();
  const cell = useSlice("trace", (state) => state.cell);
  const canAsk = useSlice("trace", (state) => state.request !== undefined);
  useEffect(() => {
    if (cell === undefined || !canAsk || isPartial) return undefined;
    const timer = setTimeout(() => void stores.trace.getState().inspect(), REST);
    return () => clearTimeout(timer);
  }, [cell, canAsk, isPartial, stores]);
}

export function CellInspector({ picture }: { picture: TracePicture }) {
  const { editHere } = useWorkspace();
  const selected = useSlice("trace", (state) => state.cell);
  const detail = useSlice("trace", (state) => state.detail);
  useInspection(picture.isPartial);
  const { heatmap } = picture;
  const cell = selected ?? peakAtSubject(heatmap);
  const score = cell === undefined ? undefined : heatmap.scores[cell.token]?.[cell.layer];
  if (cell === undefined || score === undefined) return <div className={styles.inspector} />;
  const spread = heatmap.spread[cell.token]?.[cell.layer];
  return (
    <div className={styles.inspector}>
      <span className={styles.cellName}>
        <TokenText text={heatmap.tokens[cell.token]?.text ?? ""} /> · layer {cell.layer}
      </span>
      <span>
        <strong>{heatmap.isDifference ? `${points(score)} points` : probability(score)}</strong>
        {spread === undefined ? null : <span className={styles.soft}> ± {probability(spread)}</span>}
      </span>
      <span className={styles.top} aria-live="polite">
        {detail.status === "done"
          ? detail.result.top.map(({ id, text, p }) => (
              <span key={id}>
                <TokenText text={text} /> <span className={styles.soft}>{probability(p)}</span>
              </span>
            ))
          : null}
        {detail.status === "failed" ? (
          <span className={styles.soft}>
            <ProseText text={detail.error.message} />
          </span>
        ) : null}
      </span>
      <Button size="compact-sm" variant="light" onClick={() => editHere(cell)}>
        Edit at layer {cell.layer}
      </Button>
    </div>
  );
}
