/** The form of a sequence: method, how many facts, how often to measure, and how many are written at once. */
import { NativeSelect } from "@mantine/core";
import layout from "../ui/layout.module.css";
import { NumberField } from "../ui/NumberField";
import { useSlice, useWorkspace } from "../workspaceContext";
import styles from "./lifelong.module.css";

const COUNTS = [20, 60, 100, 200, 300, 500];
const STEPS = [1, 2, 5, 10, 20, 50];

/** What is chosen is always among the choices, also where a run was of another number. */
const choices = (usual: readonly number[], chosen: number): number[] =>
  [...new Set([...usual, chosen])].sort((a, b) => a - b);

export function PlanFields({ isRunning }: { isRunning: boolean }) {
  const { stores } = useWorkspace();
  const form = useSlice("lifelong", (state) => state.form);
  const methods = useSlice("methods", (state) => state.methods);
  const { setForm } = stores.lifelong.getState();
  // One short fact after the other: methods for long answers need other requests.
  const short = methods.filter(({ longTargets }) => !longTargets);
  const method = methods.find(({ name }) => name === form.method);
  return (
    <>
      <div className={styles.fields}>
        <NativeSelect
          className={styles.wide ?? ""}
          size="xs"
          label="Method"
          disabled={isRunning}
          value={form.method}
          data={short.length > 0 ? short.map(({ name }) => name) : [form.method]}
          onChange={(event) => setForm({ method: event.currentTarget.value as typeof form.method })}
        />
        <NativeSelect
          size="xs"
          label="Facts"
          disabled={isRunning}
          value={String(form.count)}
          data={choices(COUNTS, form.count).map(String)}
          onChange={(event) => setForm({ count: Number(event.currentTarget.value) })}
        />
        <NativeSelect
          size="xs"
          label="Measure after every"
          disabled={isRunning}
          value={String(form.every)}
          data={choices(STEPS, form.every).map((value) => ({
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
    </>
  );
}
