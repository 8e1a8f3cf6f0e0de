/** The layer sweep in the heatmap's place: what the edit does at every layer, over the trace's own curve. */
import { Button } from "@mantine/core";
import type { SweepResult } from "../../domain/trials";
import { sweepShown } from "../../store/sweepStore";
import { download } from "../charts/download";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { useScheme } from "../ui/useScheme";
import { useSlice, useWorkspace } from "../workspaceContext";
import { SweepChart } from "./SweepChart";
import { sweepCsv, sweepSvg } from "./sweepFiles";
import { bestLayer, sweepSentence, type TraceCurve } from "./sweepSentence";
import styles from "./sweep.module.css";

/** How far restoring each layer at the subject's last token brings the old answer back, where a trace is shown. */
function useTraceCurve(): TraceCurve | undefined {
  const shown = useSlice("trace", (state) => state.shown);
  if (shown === undefined || shown.view === "difference") return undefined;
  const { scores, subject } = shown.result;
  return scores[subject.end - 1];
}

function Files({ result, trace }: { result: SweepResult; trace: TraceCurve | undefined }) {
  const scheme = useScheme();
  const sentence = sweepSentence(result, trace);
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => download("layer-sweep.csv", sweepCsv(result, trace), "text/csv")}
      >
        Table (CSV)
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() =>
          download("layer-sweep.svg", sweepSvg(result, trace, sentence, scheme), "image/svg+xml")
        }
      >
        Drawing (SVG)
      </Button>
    </>
  );
}

export default function SweepView() {
  const { stores, editHere } = useWorkspace();
  const run = useSlice("sweep", (state) => state.run);
  const finished = useSlice("sweep", (state) => state.result);
  const layers = useSlice("model", (state) => state.model?.layers ?? 1);
  const trace = useTraceCurve();
  const subjectEnd = useSlice("trace", ({ shown }) =>
    shown === undefined || shown.view === "difference" ? 0 : shown.result.subject.end - 1,
  );
  const result = sweepShown({ run, result: finished });
  const best = result === undefined ? undefined : bestLayer(result);
  return (
    <div className={styles.view}>
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {result === undefined ? null : (
        <>
          <p className={styles.sentence}>{sweepSentence(result, trace)}</p>
          <SweepChart result={result} trace={trace} layers={layers} best={best} />
        </>
      )}
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Asking before any edit" onCancel={run.stop} />
      ) : null}
      <div className={styles.foot}>
        <Button size="compact-sm" variant="default" onClick={() => stores.sweep.getState().close()}>
          Back to the trace
        </Button>
        {result === undefined || run.status === "running" ? null : <Files result={result} trace={trace} />}
        {best === undefined || run.status === "running" ? null : (
          <Button
            size="compact-sm"
            variant="light"
            className={styles.edit ?? ""}
            onClick={() => editHere({ token: subjectEnd, layer: best })}
          >
            Edit at layer {best}
          </Button>
        )}
      </div>
    </div>
  );
}
