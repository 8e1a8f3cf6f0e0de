/** The curves of the run in front with those of others behind it, where it collapsed, and the way back to any point. */
import { useMemo } from "react";
import type { LifelongRun } from "../../store/keptRuns";
import { modelName } from "../../store/modelRef";
import chart from "../charts/chart.module.css";
import { LineChart } from "../charts/LineChart";
import { FaultyFacts } from "../superposition/FaultyFacts";
import { ProseText } from "../ui/ModelText";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { runSentence } from "./lifelongCurves";
import layout from "../ui/layout.module.css";
import styles from "./lifelong.module.css";
import { backSeries, frontSeries, runHue, runMarkers } from "./runSeries";

const PROMISE =
  "Every edit disturbs the ones before it a little. Here you write one fact after the other and watch: what is left of all edits, of the oldest ones, of facts no edit was about, and of the model’s language, until it breaks.";

type CurvesPanelProps = {
  className?: string | undefined;
  /** A finished run, while there is none of the user's own. */
  stored: LifelongRun | undefined;
};

export function CurvesPanel({ className, stored }: CurvesPanelProps) {
  const { limits } = useWorkspace();
  const runs = useSlice("lifelong", (state) => state.runs);
  const current = useSlice("lifelong", (state) => state.current);
  const hidden = useSlice("lifelong", (state) => state.hidden);
  const onStack = useSlice("lifelong", (state) => state.onStack);
  const scrubbed = useSlice("lifelong", (state) => state.goingTo ?? state.scrubbed);
  const isRunning = useSlice("lifelong", (state) => state.step.status === "running");
  const run = runs.find(({ id }) => id === current) ?? stored;
  const others = useMemo(
    () => runs.filter(({ id, points }) => id !== current && !hidden.has(id) && points.length > 1),
    [runs, current, hidden],
  );
  if (run === undefined) {
    return (
      <Panel id="curves" title="What is left" className={className}>
        <p className={layout.empty}>{PROMISE}</p>
      </Panel>
    );
  }
  const point = scrubbed === undefined ? undefined : run.points.find(({ edits }) => edits === scrubbed);
  const isHere = run.id === onStack;
  const pick = (x: number): void => {
    const nearest = run.points.reduce((best, one) =>
      Math.abs(one.edits - x) < Math.abs(best.edits - x) ? one : best,
    );
    if (nearest.edits !== (scrubbed ?? run.points.at(-1)?.edits)) void limits.scrub(nearest.edits);
  };
  return (
    <Panel
      id="curves"
      title="What is left"
      className={className}
      aside={run === stored ? <span className={layout.stamp}>stored result</span> : null}
    >
      <p className={chart.sentence} id="curves-sentence" aria-live="polite">
        {runSentence(run, point)}
      </p>
      <LineChart
        series={frontSeries(run)}
        behind={others.flatMap((one) => backSeries(one, runHue(runs, one)))}
        labelledBy="curves-sentence"
        xName="edits written"
        yName="mean probability"
        height={330}
        xDomain={[0, Math.max(1, run.requests.length, ...others.map(({ points }) => points.at(-1)!.edits))]}
        yDomain={[0, 1]}
        markers={runMarkers(run, point?.edits)}
        hasDots={run.points.length < 4}
        {...(isHere && !isRunning && run.points.length > 1 && { onPick: pick })}
      />
      {others.length > 0 ? (
        <p className={chart.remark}>
          Other runs, each in its own colour: a line for the new answers, dots for untouched facts.
        </p>
      ) : null}
      {isHere && run.points.length > 1 ? <Scrub run={run} isRunning={isRunning} /> : null}
      {run === stored ? (
        <p className={chart.remark}>
          {PROMISE} This one was written into {modelName(run.model)}; yours begins with Start.
        </p>
      ) : null}
      {run !== stored && !isHere && run.points.length > 0 ? (
        <p className={chart.remark}>
          The edits of this run are no longer on the model: its curves stay, its points cannot be gone back
          to.
        </p>
      ) : null}
      <FaultyFacts skipped={run.leftOut ?? []} />
      <Remarks run={run} />
    </Panel>
  );
}

/** What the edits themselves warned of, each sentence once. */
function Remarks({ run: { points } }: { run: LifelongRun }) {
  const said = [...new Set(points.flatMap(({ warnings = [] }) => warnings))];
  if (said.length === 0) return null;
  return (
    <details className={layout.soft}>
      <summary>{said.length === 1 ? "1 remark on the edits" : `${said.length} remarks on the edits`}</summary>
      <ul className={styles.remarks} tabIndex={0} aria-label="Remarks on the edits">
        {said.map((one) => (
          <li key={one}>
            <ProseText text={one} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Scrub({ run, isRunning }: { run: LifelongRun; isRunning: boolean }) {
  const { limits } = useWorkspace();
  const scrubbed = useSlice("lifelong", (state) => state.goingTo ?? state.scrubbed);
  const isGoing = useSlice("lifelong", (state) => state.goingTo !== undefined);
  const hash = useSlice("stack", (state) => state.stack?.weightHash ?? "");
  const last = run.points.length - 1;
  const place = scrubbed === undefined ? last : run.points.findIndex(({ edits }) => edits === scrubbed);
  const point = run.points[place];
  return (
    <>
      <label className={styles.scrub}>
        <span>go back to</span>
        <input
          type="range"
          min={0}
          max={last}
          value={place}
          disabled={isRunning}
          aria-valuetext={`${point?.edits ?? 0} edits`}
          onChange={(event) => {
            const chosen = run.points[Number(event.currentTarget.value)];
            if (chosen !== undefined) void limits.scrub(chosen.edits);
          }}
        />
        <span aria-busy={isGoing}>
          {point?.edits ?? 0} edits{isGoing ? " …" : ""}
        </span>
      </label>
      {scrubbed !== undefined && !isGoing && point?.weightHash === hash ? (
        <p className={styles.exact} role="status">
          The model has the weights it had after {scrubbed} edits, bit for bit (
          <code>{hash.slice(0, 8)}</code>). Ask it anything in Trace &amp; edit; moving on is as exact.
        </p>
      ) : null}
    </>
  );
}
