/** The duel: which methods, how far they are, and what came of it as a sentence, a chart and a table. */
import { Button } from "@mantine/core";
import { readableRequests } from "../../store/requestListStore";
import { download } from "../charts/download";
import { groupByFamily } from "../edit/methodFamilies";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { Panel, SubHead } from "../ui/Panel";
import layout from "../ui/layout.module.css";
import { useScheme } from "../ui/useScheme";
import { useSlice, useWorkspace } from "../workspaceContext";
import styles from "./compare.module.css";
import { DuelChart } from "./DuelChart";
import { duelCsv, duelSvg } from "./duelFiles";
import { duelSentence } from "./duelSentence";
import { DuelTable } from "./DuelTable";

function MethodBoxes() {
  const { stores } = useWorkspace();
  const methods = useSlice("methods", (state) => state.methods);
  const chosen = useSlice("duel", (state) => state.chosen);
  return (
    <div className={styles.families}>
      {groupByFamily(methods).map(({ where, how, methods: group }) => (
        <fieldset key={how} className={styles.family}>
          <legend>
            <strong>{where}:</strong> {how}
          </legend>
          {group.map(({ name, summary }) => (
            <label key={name} className={styles.choice} title={summary}>
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={() => stores.duel.getState().toggle(name)}
              />
              {name}
            </label>
          ))}
        </fieldset>
      ))}
    </div>
  );
}

const PROMISE =
  "Every method writes the same requests, each on the untouched model, and is asked the same questions: does the new answer come, also in other words, and are neighbouring facts as they were?";

function Outcome() {
  const run = useSlice("duel", (state) => state.run);
  const finished = useSlice("duel", (state) => state.result);
  const requests = useSlice("duel", (state) => state.requests);
  const scheme = useScheme();
  const result = run.status === "running" ? run.partial : finished;
  if (result === undefined || result.entries.length === 0) {
    return run.status === "running" ? null : <p className={layout.empty}>{PROMISE}</p>;
  }
  const sentence = duelSentence(result, requests);
  return (
    <>
      <p className={styles.sentence}>{sentence}</p>
      <DuelChart result={result} />
      <SubHead
        aside={
          <span className={styles.files}>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => download("duel.csv", duelCsv(result), "text/csv")}
            >
              Table (CSV)
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => download("duel.svg", duelSvg(result, sentence, scheme), "image/svg+xml")}
            >
              Drawing (SVG)
            </Button>
          </span>
        }
      >
        In numbers
      </SubHead>
      <DuelTable result={result} />
    </>
  );
}

export function DuelPanel() {
  const workspace = useWorkspace();
  const run = useSlice("duel", (state) => state.run);
  const chosen = useSlice("duel", (state) => state.chosen);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const count = useSlice("requestList", (state) => readableRequests(state.list).length);
  const edits = useSlice("stack", (state) => state.stack?.line ?? "base model");
  return (
    <Panel id="duel" title="Method duel">
      <MethodBoxes />
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Preparing the duel" onCancel={run.stop} />
      ) : (
        <div className={styles.go}>
          <Button
            disabled={!isReady || count === 0 || chosen.length === 0}
            onClick={() => void workspace.duel()}
          >
            Compare {chosen.length} {chosen.length === 1 ? "method" : "methods"}
          </Button>
          <span className={styles.remark}>
            Each starts from the untouched base and is taken back. Your model stays as it is: {edits}.
          </span>
        </div>
      )}
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      <Outcome />
    </Panel>
  );
}
