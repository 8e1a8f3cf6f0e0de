/** Where is it: the sentence, the heatmap as it fills, and what stands in the cell under the cursor. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { Example } from "../../store/gallery";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { fetched } from "../ui/fetched";
import { JobLine } from "../ui/JobLine";
import { MemoryCaution } from "../ui/MemoryCaution";
import { Panel } from "../ui/Panel";
import { HeatmapView } from "./HeatmapView";
import styles from "./trace.module.css";
import { TraceFooter } from "./TraceFooter";
import { TraceSettingsPopover } from "./TraceSettingsPopover";
import { TraceHead } from "./TraceHead";
import { useTracePicture } from "./useTracePicture";
import { ViewTabs } from "./ViewTabs";

const AverageView = fetched("The average over many facts", () => import("./AverageView"));
const SweepView = fetched("The sweep over layers", () => import("../sweep/SweepView"));

export type TraceLayout = { isTable: boolean; isTransposed: boolean };

type TracePanelProps = { examples: readonly Example[]; className?: string | undefined };

export function TracePanel({ examples, className }: TracePanelProps) {
  const isAverage = useSlice("average", (state) => state.isOpen);
  const isSwept = useSlice("sweep", (state) => state.isOpen);

  if (isSwept) {
    return (
      <Panel id="where" title="Where does it take?" className={className}>
        <SweepView />
      </Panel>
    );
  }
  return (
    <Panel id="where" title="Where is it?" className={className} aside={<ViewTabs />}>
      {isAverage ? <AverageView examples={examples} /> : <OneTrace />}
    </Panel>
  );
}

/** The trace of the prompt that stands beside. */
function OneTrace() {
  const workspace = useWorkspace();
  const run = useSlice("trace", (state) => state.run);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const hasSubject = useSlice("prompt", (state) => state.subject !== undefined && state.text.trim() !== "");
  const picture = useTracePicture();
  const [layout, setLayout] = useState<TraceLayout>({ isTable: false, isTransposed: false });

  return (
    <>
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      <MemoryCaution kind="trace" onGo={() => void workspace.traceAnyway()} />
      {picture === undefined ? (
        <div className={styles.empty}>
          <p>
            {hasSubject
              ? "Tracing blurs the subject with noise, then restores one state at a time: where the answer comes back, the model held the fact."
              : "Choose the subject in your prompt first: its tokens are what gets blurred."}
          </p>
          {run.status === "running" ? null : (
            <div className={styles.start}>
              <Button disabled={!isReady || !hasSubject} onClick={() => void workspace.trace()}>
                Trace
              </Button>
              <TraceSettingsPopover />
            </div>
          )}
        </div>
      ) : (
        <>
          <TraceHead picture={picture} />
          <HeatmapView picture={picture} layout={layout} />
        </>
      )}
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Tracing" onCancel={run.stop} />
      ) : null}
      {picture === undefined ? null : <TraceFooter picture={picture} layout={layout} onLayout={setLayout} />}
    </>
  );
}
