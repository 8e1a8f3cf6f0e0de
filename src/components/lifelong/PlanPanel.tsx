/** What is to be written: how many facts, by which method, how often to look; start, pause, go on. */
import { Button, NativeSelect } from "@mantine/core";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { NumberField } from "../ui/NumberField";
import { Panel } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import layout from "../ui/layout.module.css";
import styles from "./lifelong.module.css";

/** Writes one short fact after the other: methods for long answers need other requests. */
const COUNTS = [20, 60, 100, 200, 300, 500];

export function PlanPanel({ className }: { className?: string | undefined }) {
  const { stores, limits } = useWorkspace();
  const form = useSlice("lifelong", (state) => state.form);
  const step = useSlice("lifelong", (state) => state.step);
  const methods = useSlice("methods", (state) => state.methods);
  const model = useSlice("model", (state) => state.model);
  const edits = useSlice("stack", (state) => state.stack?.edits.length ?? 0);
  const run = useSlice("lifelong", ({ runs, onStack }) => runs.find(({ id }) => id === onStack));
  const isSetAside = useSlice("lifelong", (state) => state.isSetAside);
  const { setForm } = stores.lifelong.getState();
  const isRunning = step.status === "running";
  const short = methods.filter(({ longTargets }) => !longTargets);
  const method = methods.find(({ name }) => name === form.method);
  const done = run?.points.at(-1)?.edits ?? 0;
  const counts = COUNTS.includes(form.count) ? COUNTS : [form.count, ...COUNTS].sort((a, b) => a - b);
  const canGoOn = run !== undefined && done < run.requests.length;
  return (
    <Panel id="plan" title="Edit until it breaks" className={className}>
      <div className={layout.column}>
        <div className={styles.fields}>
          <NativeSelect
            className={styles.wide ?? ""}
            size="xs"
            label="Method"
            disabled={isRunning}
            value={form.method}
            data={short.length > 0 ? short.map(({ name }) => name) : ["ROME"]}
            onChange={(event) => setForm({ method: event.currentTarget.value as typeof form.method })}
          />
          <NativeSelect
            size="xs"
            label="Facts"
            disabled={isRunning}
            value={String(form.count)}
            data={counts.map(String)}
            onChange={(event) => setForm({ count: Number(event.currentTarget.value) })}
          />
          <NativeSelect
            size="xs"
            label="Measure after every"
            disabled={isRunning}
            value={String(form.every)}
            data={[1, 2, 5, 10, 20, 50].map((value) => ({
              value: String(value),
              label: value === 1 ? "edit" : `${value} edits`,
            }))}
            onChange={(event) => setForm({ every: Number(event.currentTarget.value) })}
          />
          {method?.batch ? (
            <label className={styles.wide}>
              <span className={layout.soft}>Facts written together</span>
              <NumberField
                label="Facts written together"
                integer
                min={1}
                max={100}
                value={form.batch}
                onCommit={(value) => setForm({ batch: value ?? 1 })}
              />
            </label>
          ) : null}
        </div>
        {method === undefined ? null : <p className={layout.soft}>{method.summary}</p>}
        {isRunning ? <JobLine progress={step.progress} fallback="Measuring" /> : null}
        <div className={layout.row}>
          {isRunning ? (
            <Button variant="default" onClick={() => stores.lifelong.getState().pause()}>
              Pause
            </Button>
          ) : (
            <>
              {canGoOn ? (
                <Button onClick={() => void limits.resumeLifelong()}>Go on from {done}</Button>
              ) : null}
              <Button
                variant={canGoOn ? "default" : "filled"}
                disabled={model === undefined}
                onClick={() => void limits.startLifelong()}
              >
                {canGoOn ? "Start anew" : "Start"}
              </Button>
            </>
          )}
        </div>
        {isRunning ? (
          <p className={layout.soft}>
            Pausing drops the step under way; everything measured is kept, also if the page is closed.
          </p>
        ) : null}
        {!isRunning && edits > 0 && run === undefined ? (
          <Hint>{`A run begins on the base model: the ${edits === 1 ? "edit" : `${edits} edits`} on it will make way and can be put back afterwards.`}</Hint>
        ) : null}
        {isSetAside && !isRunning ? (
          <div className={layout.row}>
            <Button size="compact-sm" variant="default" onClick={() => void limits.putBack()}>
              Put my own edits back
            </Button>
          </div>
        ) : null}
        {step.status === "failed" ? <ErrorNote error={step.error} /> : null}
        {run?.fault !== undefined && step.status !== "failed" ? (
          <Hint>{`${run.fault.message} ${run.fault.remedy}`}</Hint>
        ) : null}
      </div>
    </Panel>
  );
}
