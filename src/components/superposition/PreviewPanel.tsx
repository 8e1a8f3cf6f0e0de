/** What the edit in the edit panel would disturb in the list, and what the newest edit did: predicted, measured, lost. */
import { Button } from "@mantine/core";
import { useMemo } from "react";
import { visibleString } from "../../lib/visibleText";
import chart from "../charts/chart.module.css";
import { ScatterChart } from "../charts/ScatterChart";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { Panel, SubHead } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import {
  agreementSentence,
  checkedFacts,
  disturbanceSentence,
  disturbedFacts,
  probabilitySentence,
} from "./disturbance";
import { FaultyFacts } from "./FaultyFacts";
import { RankedFacts } from "./RankedFacts";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

const MOST_SHOWN = 60;

export function PreviewPanel({ className }: { className?: string | undefined }) {
  return (
    <Panel id="preview" title="Before and after an edit" className={className}>
      <div className={styles.two}>
        <Preview />
        <Check />
      </div>
    </Panel>
  );
}

function Preview() {
  const { limits, stores } = useWorkspace();
  const { preview, shown, threshold } = useSlice("interference", (state) => state);
  const subject = useSlice("prompt", ({ text, subject: span }) => span && text.slice(span.start, span.end));
  const form = useSlice("edit", (state) => state.form);
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const ranked = useMemo(() => (shown ? disturbedFacts(shown) : []), [shown]);
  const isPresent =
    shown !== undefined && shown.call.requests[0]?.subject === subject && shown.call.method === form.method;
  return (
    <section aria-labelledby="ahead-title">
      <SubHead
        remark={`${form.method} at ${subject === undefined ? "the subject" : visibleString(subject, "none")}, as prepared in Trace & edit`}
      >
        <span id="ahead-title">Will be disturbed</span>
      </SubHead>
      {shown === undefined || !isPresent ? (
        <p className={layout.soft}>
          Known before anything is computed: the share of the edit’s change that falls on every fact of the
          list, from keys alone.
        </p>
      ) : (
        <>
          <p className={chart.sentence}>{disturbanceSentence(shown, ranked, threshold)}</p>
          <label className={styles.slider}>
            count from {Math.round(threshold * 100)} %
            <input
              type="range"
              min={1}
              max={100}
              value={Math.round(threshold * 100)}
              onChange={(event) =>
                stores.interference.getState().setThreshold(Number(event.currentTarget.value) / 100)
              }
            />
          </label>
          <RankedFacts ranked={ranked} threshold={threshold} most={MOST_SHOWN} />
          {shown.result.warnings.map((warning) => (
            <Hint key={warning}>{warning}</Hint>
          ))}
          <FaultyFacts skipped={shown.result.skipped} facts={shown.facts} />
        </>
      )}
      {preview.status === "running" ? (
        <JobLine progress={preview.progress} fallback="Reading keys" onCancel={preview.stop} />
      ) : (
        <Button
          size="compact-sm"
          variant="default"
          disabled={!isReady || subject === undefined}
          onClick={() => void limits.preview()}
        >
          {isPresent ? "Look again" : "Look ahead"}
        </Button>
      )}
      {preview.status === "failed" ? <ErrorNote error={preview.error} /> : null}
    </section>
  );
}

function Check() {
  const { limits } = useWorkspace();
  const { check, checked } = useSlice("interference", (state) => state);
  const newest = useSlice("stack", (state) => state.stack?.edits.at(-1));
  const facts = useMemo(() => (checked ? checkedFacts(checked) : []), [checked]);
  const isOfNewest = checked !== undefined && checked.editId === newest?.id;
  return (
    <section aria-labelledby="check-title">
      <SubHead remark={newest === undefined ? "no edit on the model" : visibleString(newest.name, "none")}>
        <span id="check-title">Was disturbed</span>
      </SubHead>
      {checked === undefined || !isOfNewest ? (
        <p className={layout.soft}>
          After an edit the change of the layer’s output at every fact is measured and laid beside the
          predicted one, and each fact’s own answer is asked before and after.
        </p>
      ) : (
        <>
          <p className={chart.sentence} id="agreement-sentence">
            {agreementSentence(checked.result)}
          </p>
          {checked.result.layers.length === 0 ? null : (
            <ScatterChart
              points={facts.map(({ predicted, measured }) => [predicted, measured] as const)}
              labelledBy="agreement-sentence"
              xName="predicted change ‖ΔW k‖"
              yName="measured change"
              hasDiagonal
            />
          )}
          <p className={chart.sentence} id="lost-sentence">
            {probabilitySentence(facts)}
          </p>
          <ScatterChart
            points={facts.flatMap(({ before, after }) =>
              before === null || after === null ? [] : [[before, after] as const],
            )}
            labelledBy="lost-sentence"
            xName="p of the fact’s answer before"
            yName="p of it after"
            stroke="var(--edit)"
            xDomain={[0, 1]}
            yDomain={[0, 1]}
            hasDiagonal
          />
          <FaultyFacts skipped={checked.result.skipped} facts={checked.facts} />
        </>
      )}
      {check.status === "running" ? (
        <JobLine
          progress={check.progress}
          fallback="Asking every fact before and after"
          onCancel={check.stop}
        />
      ) : (
        <Button
          size="compact-sm"
          variant="default"
          disabled={newest === undefined}
          onClick={() => void limits.check()}
        >
          {isOfNewest ? "Measure again" : "Measure the newest edit"}
        </Button>
      )}
      {check.status === "failed" ? <ErrorNote error={check.error} /> : null}
    </section>
  );
}
