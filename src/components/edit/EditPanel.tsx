/** The edit as a sentence, how it is made, and while it runs its loss and the target's probability. */
import { Button } from "@mantine/core";
import type { EditResult, OptimisationStep } from "../../domain/edit";
import { useSlice, useWorkspace } from "../workspaceContext";
import { layerSpec } from "../../store/methodStore";
import { EditList } from "../stack/EditList";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { fetched } from "../ui/fetched";
import { JobLine } from "../ui/JobLine";
import { MemoryCaution } from "../ui/MemoryCaution";
import { Panel } from "../ui/Panel";
import styles from "./edit.module.css";
import { EditSentence } from "./EditSentence";
import { EditSettings } from "./EditSettings";
import { LayerChoice } from "./LayerChoice";
import { MethodChooser } from "./MethodChooser";
import { ProbesEditor } from "./ProbesEditor";
import { SilentLayers } from "./SilentLayers";
import { useMethod } from "./useMethod";

const LongTarget = fetched("The editor of long answers", () => import("./LongTarget"));
const ChunkCurves = fetched("The curves of the chunks", () => import("./ChunkCurves"));
const WillDisturb = fetched("What an edit will disturb", () => import("../superposition/WillDisturb"));
const OptimisationCharts = fetched("The chart of the loss", () => import("./OptimisationCharts"));

/** The curves of the edit under way, or of the one that 'what changed' shows. */
function Curves() {
  const run = useSlice("edit", (state) => state.run);
  const result = useSlice("edit", (state) => state.result);
  const target = useSlice("edit", (state) => state.form.targetNew);
  const isLoading = useSlice("model", (state) => state.loading.status === "running");
  const losses = run.status === "running" ? run.partial : (result?.losses ?? firstLosses(result));
  const name = run.status === "running" ? target : (result?.requests[0]?.target ?? target);
  // A method that computes its change in one go, as MEND, has no curve.
  if (losses === undefined || losses.flat().length < 2) return null;
  // The chart's code is a third of a megabyte: while a model is on its way, the processor is the model's.
  if (isLoading) return <div className={styles.curves} />;
  if (losses.length > 1) {
    return <ChunkCurves losses={losses} />;
  }
  return (
    <div className={styles.curves}>
      <OptimisationCharts losses={losses} target={name} />
    </div>
  );
}

const firstLosses = (result: EditResult | undefined): OptimisationStep[][] =>
  result?.requests[0] === undefined ? [] : [result.requests[0].loss];

export function EditPanel({ className }: { className?: string | undefined }) {
  const workspace = useWorkspace();
  const run = useSlice("edit", (state) => state.run);
  const result = useSlice("edit", (state) => state.result);
  const form = useSlice("edit", (state) => state.form);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const hasSubject = useSlice("prompt", (state) => state.subject !== undefined);
  const method = useMethod();
  const isLong = method?.longTargets === true;
  const hasLayer = layerSpec(method) !== undefined;
  const isSweeping = useSlice("sweep", (state) => state.run.status === "running");
  const canEdit = isReady && (hasSubject || isLong) && form.targetNew.trim() !== "";
  const hasEdits = useSlice("stack", (state) => (state.stack?.edits.length ?? 0) > 0);
  // What was made is told by what it changed; the room is the list of edits'.
  const isMade = hasEdits && result?.requests[0]?.target.trim() === form.targetNew.trim();
  const isSame = form.targetNew.trim() !== "" && form.targetNew.trim() === form.targetTrue.trim();

  return (
    <Panel id="edit" title="Edit" className={className}>
      <EditSentence isLong={isLong} />
      {isSame ? <Hint>The model already says that. Write another answer.</Hint> : null}
      <div className={styles.how}>
        <MethodChooser />
        <LayerChoice />
        <EditSettings />
        <ProbesEditor />
      </div>
      <SilentLayers />
      {isLong ? <LongTarget /> : null}
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Preparing the edit" onCancel={run.stop} />
      ) : (
        <div className={styles.go}>
          <Button className={styles.edit ?? ""} disabled={!canEdit} onClick={() => void workspace.edit()}>
            Edit
          </Button>
          {hasLayer ? (
            <Button
              variant="default"
              disabled={!canEdit || isSweeping}
              title="The same edit at every layer, each taken back"
              onClick={() => void workspace.sweep()}
            >
              Sweep layers
            </Button>
          ) : null}
        </div>
      )}
      <MemoryCaution kind="edit" onGo={() => void workspace.edit(true)} />
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {isMade ? null : <WillDisturb />}
      <Curves />
      {run.status === "running"
        ? null
        : result?.warnings.map((warning) => <Hint key={warning}>{warning}</Hint>)}
      <EditList />
    </Panel>
  );
}
