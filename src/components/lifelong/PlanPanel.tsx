/** What is to be written and how often to look; start, pause, go on. */
import { Button } from "@mantine/core";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import layout from "../ui/layout.module.css";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { PlanFields } from "./PlanFields";

export function PlanPanel({ className }: { className?: string | undefined }) {
  const step = useSlice("lifelong", (state) => state.step);
  const isRunning = step.status === "running";
  return (
    <Panel id="plan" title="Edit until it breaks" className={className}>
      <div className={layout.column}>
        <PlanFields isRunning={isRunning} />
        {isRunning ? <JobLine progress={step.progress} fallback="Measuring" /> : null}
        {isRunning ? <Running /> : <Waiting />}
        {step.status === "failed" ? <ErrorNote error={step.error} /> : null}
      </div>
    </Panel>
  );
}

function Running() {
  const { stores } = useWorkspace();
  return (
    <>
      <div className={layout.row}>
        <Button variant="default" onClick={() => stores.lifelong.getState().pause()}>
          Pause
        </Button>
      </div>
      <p className={layout.soft}>
        Pausing drops the step under way; everything measured is kept, also if the page is closed.
      </p>
    </>
  );
}

function Waiting() {
  const { limits } = useWorkspace();
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const edits = useSlice("stack", (state) => state.stack?.edits.length ?? 0);
  const run = useSlice("lifelong", ({ runs, onStack }) => runs.find(({ id }) => id === onStack));
  const isSetAside = useSlice("lifelong", (state) => state.isSetAside);
  const isTold = useSlice("lifelong", (state) => state.step.status === "failed");
  const done = run?.points.at(-1)?.edits ?? 0;
  const canGoOn = run !== undefined && done < run.requests.length;
  return (
    <>
      <div className={layout.row}>
        {canGoOn ? <Button onClick={() => void limits.resumeLifelong()}>Go on from {done}</Button> : null}
        <Button
          variant={canGoOn ? "default" : "filled"}
          disabled={!isReady}
          onClick={() => void limits.startLifelong()}
        >
          {canGoOn ? "Start anew" : "Start"}
        </Button>
      </div>
      {edits > 0 && run === undefined ? (
        <Hint>{`A run begins on the base model: the ${edits === 1 ? "edit" : `${edits} edits`} on it will make way and can be put back afterwards.`}</Hint>
      ) : null}
      {isSetAside ? (
        <div className={layout.row}>
          <Button size="compact-sm" variant="default" onClick={() => void limits.putBack()}>
            Put my own edits back
          </Button>
        </div>
      ) : null}
      {run?.fault !== undefined && !isTold ? <Hint>{`${run.fault.message} ${run.fault.remedy}`}</Hint> : null}
    </>
  );
}
