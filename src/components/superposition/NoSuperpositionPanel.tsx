/** "No superposition, no loss": a memory whose keys are made to order, and the facts planted where nothing else is. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import chart from "../charts/chart.module.css";
import { LineChart } from "../charts/LineChart";
import { Panel, SubHead } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { constructedSentence, plantedSentence } from "./sentences";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

const WIDTH = 64;

export function NoSuperpositionPanel({ className }: { className?: string | undefined }) {
  return (
    <Panel id="without" title="No superposition, no loss" className={className}>
      <div className={styles.two}>
        <Constructed />
        <Planted />
      </div>
    </Panel>
  );
}

function Constructed() {
  const { stores } = useWorkspace();
  const { form, run, result } = useSlice("constructed", (state) => state);
  const { setForm, compute } = stores.constructed.getState();
  const isReady = useSlice("model", (state) => state.model !== undefined);
  useEffect(() => {
    if (isReady && result === undefined) void compute();
  }, [isReady, result, compute]);
  const change = (next: Partial<typeof form>): void => {
    setForm(next);
    void compute();
  };
  return (
    <section aria-labelledby="constructed-title">
      <SubHead remark={`keys of ${WIDTH} numbers, made to order`}>
        <span id="constructed-title">A constructed memory</span>
      </SubHead>
      <p className={chart.sentence} id="constructed-sentence">
        {result === undefined
          ? "Facts are written one after the other into a memory that starts empty of them."
          : constructedSentence(form, result)}
      </p>
      <div className={layout.row}>
        <label className={styles.slider}>
          overlap {Math.round(form.overlap * 100)} %
          <input
            type="range"
            min={0}
            max={50}
            value={Math.round(form.overlap * 100)}
            onChange={(event) => change({ overlap: Number(event.currentTarget.value) / 100 })}
          />
        </label>
        <label className={styles.slider}>
          {form.facts} facts
          <input
            type="range"
            min={8}
            max={160}
            step={8}
            value={form.facts}
            onChange={(event) => change({ facts: Number(event.currentTarget.value) })}
          />
        </label>
      </div>
      {form.overlap === 0 ? (
        <p className={layout.soft}>
          Let the keys overlap, or write more than {WIDTH} facts: the loss begins.
        </p>
      ) : null}
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {result === undefined ? null : (
        <LineChart
          series={[
            {
              ...{ key: "loss", name: "mean loss of all facts written so far", stroke: "var(--edit)" },
              points: result.meanLoss.map((loss, at) => [at + 1, loss] as const),
            },
            {
              ...{
                key: "predicted",
                name: "loss at the end, by order of writing, as the shares predict",
                stroke: "var(--state)",
                dash: "4 3",
                width: 1.5,
              },
              points: result.loss.map(({ predicted }, at) => [at + 1, predicted] as const),
            },
          ]}
          labelledBy="constructed-sentence"
          xName="facts written"
          yName="loss ‖W k − v‖ / ‖v‖"
          yDomain={[0, Math.max(1, ...result.meanLoss, ...result.loss.map(({ predicted }) => predicted))]}
        />
      )}
    </section>
  );
}

function Planted() {
  const { limits, stores } = useWorkspace();
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const compared = useSlice("superposition", (state) => state.compared);
  const layers = useSlice("superposition", (state) => state.layers);
  const [isMissing, setMissing] = useState(false);
  const isShown = compared?.name === "planted facts" && layers.size > 0;
  const show = async (): Promise<void> => {
    const isThere = await stores.facts.getState().choose("planted", 2000);
    setMissing(!isThere);
    if (isThere) await limits.analyse();
  };
  return (
    <section aria-labelledby="planted-title">
      <SubHead remark="invented, written into chosen layers after training">
        <span id="planted-title">The planted facts</span>
      </SubHead>
      <p className={chart.sentence}>
        {isShown
          ? plantedSentence([...layers.values()], compared.facts)
          : "Facts whose subjects no text ever held have keys of their own: see how little they share, then edit one and watch the others."}
      </p>
      <Button size="compact-sm" variant="default" disabled={!isReady} onClick={() => void show()}>
        {isShown ? "Compare them again" : "Compare the planted facts"}
      </Button>
      {isMissing ? <p className={layout.soft}>This model brings no planted facts.</p> : null}
    </section>
  );
}
