/** For methods that write where C's eigenvalues are small: the spectrum at every edited layer, with the threshold in it. */
import { Button } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { SubHead } from "../ui/Panel";
import styles from "./edit.module.css";
import { drawSpectrum, spectrumSentence } from "./spectrumSentence";
import { useMethod } from "./useMethod";

type SpectrumProps = { layer: number; eigenvalues: Float64Array; threshold: number };

function Spectrum({ layer, eigenvalues, threshold }: SpectrumProps) {
  const sentence = spectrumSentence(layer, eigenvalues, threshold);
  const picture = drawSpectrum(eigenvalues, threshold);
  const { width, height } = picture;
  return (
    <>
      <p className={styles.outcome}>{sentence}</p>
      <svg className={styles.spectrum} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={sentence}>
        <rect
          x={picture.freeFrom}
          y="0"
          width={width - picture.freeFrom}
          height={height}
          fill="var(--edit-wash)"
        />
        <polyline points={picture.curve} fill="none" stroke="var(--mlp)" strokeWidth="2" />
        <line
          x1="0"
          x2={width}
          y1={picture.threshold}
          y2={picture.threshold}
          stroke="var(--edit)"
          strokeDasharray="4 3"
        />
      </svg>
    </>
  );
}

/** Nothing for methods without such a threshold. */
export function KeySpectra() {
  const { stores } = useWorkspace();
  const method = useMethod();
  const settings = useSlice("edit", (state) => state.form.settings);
  const run = useSlice("statistics", (state) => state.spectra);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const inUse = { ...method?.defaults, ...settings };
  const threshold = inUse["nullSpaceThreshold"];
  const isParted = typeof threshold === "number" && (inUse["inner"] ?? "AlphaEdit") === "AlphaEdit";
  if (method === undefined || !isParted) return null;
  const find = () => stores.statistics.getState().findSpectra({ method: method.name, settings });
  return (
    <div className={styles.statistics}>
      <SubHead remark="eigenvalues of the second moments, largest first">Room to write</SubHead>
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Reading the second moments" onCancel={run.stop} />
      ) : (
        <div className={styles.statisticsButtons}>
          <Button size="compact-sm" variant="default" disabled={!isReady} onClick={() => void find()}>
            Show the spectrum
          </Button>
        </div>
      )}
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {run.status === "done"
        ? run.result.layers.map(({ layer, eigenvalues }) => (
            <Spectrum key={layer} layer={layer} eigenvalues={eigenvalues} threshold={threshold} />
          ))
        : null}
    </div>
  );
}
