/** The edit as a sentence, how it is made, and while it runs its loss and the target's probability. */
import { Button } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { EditList } from "../stack/EditList";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { MemoryCaution } from "../ui/MemoryCaution";
import { Panel } from "../ui/Panel";
import styles from "./edit.module.css";
import { EditSentence } from "./EditSentence";
import { EditSettings } from "./EditSettings";
import { LayerChoice } from "./LayerChoice";
import { MethodChooser } from "./MethodChooser";
import { ProbesEditor } from "./ProbesEditor";

const OptimisationCharts = lazy(() => import("./OptimisationCharts"));

/** The curves of the edit under way, or of the one that 'what changed' shows. */
function Curves() {
  const run = useSlice("edit", (state) => state.run);
  const result = useSlice("edit", (state) => state.result);
  const target = useSlice("edit", (state) => state.form.targetNew);
  const losses = run.status === "running" ? run.partial?.losses : result?.requests[0]?.loss;
  const name = run.status === "running" ? target : (result?.requests[0]?.target ?? target);
  if (losses === undefined || losses.length === 0) return null;
  return (
    <div className={styles.curves}>
      <Suspense>
        <OptimisationCharts losses={losses} target={name} />
      </Suspense>
    </div>
  );
}

export function EditPanel({ className }: { className?: string | undefined }) {
  const workspace = useWorkspace();
  const run = useSlice("edit", (state) => state.run);
  const result = useSlice("edit", (state) => state.result);
  const form = useSlice("edit", (state) => state.form);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const hasSubject = useSlice("prompt", (state) => state.subject !== undefined);
  const isSame = form.targetNew.trim() !== "" && form.targetNew.trim() === form.targetTrue.trim();

  return (
    <Panel id="edit" title="Edit" className={className}>
      <EditSentence />
      {isSame ? <Hint>The model already says that. Write another answer.</Hint> : null}
      <div className={styles.how}>
        <MethodChooser />
        <LayerChoice />
        <EditSettings />
        <ProbesEditor />
      </div>
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Preparing the edit" onCancel={run.stop} />
      ) : (
        <Button
          className={styles.edit ?? ""}
          disabled={!isReady || !hasSubject || form.targetNew.trim() === ""}
          onClick={() => void workspace.edit()}
        >
          Edit
        </Button>
      )}
      <MemoryCaution kind="edit" onGo={() => void workspace.edit(true)} />
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      <Curves />
      {run.status === "running"
        ? null
        : result?.warnings.map((warning) => <Hint key={warning}>{warning}</Hint>)}
      <EditList />
    </Panel>
  );
}
