/** The runs of this and earlier visits: which one is in front, which are drawn behind it. */
import { ActionIcon, Checkbox } from "@mantine/core";
import { modelName } from "../../store/modelRef";
import { Stroke } from "../charts/LineChart";
import { Panel } from "../ui/Panel";
import { Hint } from "../ui/ErrorNote";
import { useSlice, useWorkspace } from "../workspaceContext";
import layout from "../ui/layout.module.css";
import styles from "./lifelong.module.css";
import { runHue } from "./runSeries";

export function RunsPanel({ className }: { className?: string | undefined }) {
  const { stores } = useWorkspace();
  const runs = useSlice("lifelong", (state) => state.runs);
  const current = useSlice("lifelong", (state) => state.current);
  const hidden = useSlice("lifelong", (state) => state.hidden);
  const isKept = useSlice("lifelong", (state) => state.isKept);
  const isRunning = useSlice("lifelong", (state) => state.step.status === "running");
  const { show, toggle, remove } = stores.lifelong.getState();
  if (runs.length === 0) return null;
  return (
    <Panel id="runs" title="Runs" className={className}>
      <ul className={styles.list}>
        {runs.toReversed().map((run) => {
          const { id, method, model, points, requests, list } = run;
          const done = points.at(-1)?.edits ?? 0;
          const name = `${method}, ${done} of ${requests.length}`;
          return (
            <li key={id}>
              <Checkbox
                size="xs"
                aria-label={`Draw ${name}`}
                checked={id === current || !hidden.has(id)}
                disabled={id === current}
                onChange={() => toggle(id)}
              />
              <button
                type="button"
                className={styles.name}
                aria-current={id === current || undefined}
                onClick={() => show(id)}
              >
                {name}
                {id === current || hidden.has(id) ? null : <Stroke stroke={runHue(runs, run)} width={3} />}
              </button>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="md"
                aria-label={`Forget ${name}`}
                disabled={isRunning}
                onClick={() => remove(id)}
              >
                ×
              </ActionIcon>
              <span className={layout.soft}>
                {modelName(model)}, {list}
              </span>
            </li>
          );
        })}
      </ul>
      {isKept ? null : <Hint>This browser keeps no more: these runs last as long as the page.</Hint>}
    </Panel>
  );
}
