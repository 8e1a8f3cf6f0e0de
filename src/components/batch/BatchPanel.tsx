/** Writes the whole list by the method that the edit form names; the edits land on the model like any others. */
import { Button } from "@mantine/core";
import { scoreProbes } from "../../lib/probeScores";
import type { EditResult } from "../../domain/edit";
import type { KindScore } from "../../domain/trials";
import { readableRequests } from "../../store/requestListStore";
import compare from "../compare/compare.module.css";
import { EditSettings } from "../edit/EditSettings";
import { LayerChoice } from "../edit/LayerChoice";
import { MethodChooser } from "../edit/MethodChooser";
import { useMethod } from "../edit/useMethod";
import { EditList } from "../stack/EditList";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { MemoryCaution } from "../ui/MemoryCaution";
import { percent, remaining } from "../ui/numbers";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { BatchTable } from "./BatchTable";
import styles from "./batch.module.css";

const of = (score: KindScore | null, words: string): string =>
  score === null ? "" : `, ${score.good} of ${score.count} ${words}`;

function sentenceOf({ method, requests, probes, milliseconds }: EditResult): string {
  const { rewrite, paraphrase, neighbourhood } = scoreProbes(probes);
  const wrote =
    rewrite === null
      ? ""
      : `${rewrite.good} of ${rewrite.count} new answers win over the old, with ${percent(rewrite.p)} on average`;
  return `${method} wrote ${requests.length} requests in ${remaining(milliseconds / 1000)}: ${wrote}${of(paraphrase, "other wordings")}${of(neighbourhood, "neighbours as they were")}.`;
}

/** Of lists only; a single edit is shown in its own workspace. */
function Outcome() {
  const result = useSlice("edit", (state) => state.result);
  const isStored = useSlice("edit", (state) => state.isStored);
  if (result === undefined || isStored || result.requests.length < 2) return null;
  return (
    <>
      <p className={compare.sentence}>{sentenceOf(result)}</p>
      {result.warnings.slice(0, 5).map((warning, index) => (
        <Hint key={index}>{warning}</Hint>
      ))}
      <BatchTable result={result} />
    </>
  );
}

export function BatchPanel() {
  const workspace = useWorkspace();
  const method = useMethod();
  const run = useSlice("edit", (state) => state.run);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const count = useSlice("requestList", (state) => readableRequests(state.list).length);
  return (
    <Panel id="batch" title="Write them">
      <div className={styles.how}>
        <MethodChooser />
        <LayerChoice />
        <EditSettings />
      </div>
      {method === undefined ? null : (
        <p className={styles.remark}>
          {method.batch
            ? "All requests become one edit, solved together."
            : "One edit per request, each on the weights that the ones before it left."}
        </p>
      )}
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Preparing the edits" onCancel={run.stop} />
      ) : (
        <Button
          className={styles.go ?? ""}
          disabled={!isReady || count === 0}
          onClick={() => void workspace.editList()}
        >
          Write {count === 1 ? "1 request" : `${count} requests`}
        </Button>
      )}
      <MemoryCaution kind="edit" onGo={() => void workspace.editList(true)} />
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      <Outcome />
      <EditList />
    </Panel>
  );
}
