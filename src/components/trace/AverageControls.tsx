/** Which facts are averaged, how many, and how wide the window is. */
import { Button, FileButton, NativeSelect } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { MOST_FACTS, windowFor, type AverageSource } from "../../store/averageStore";
import { NumberField } from "../ui/NumberField";
import styles from "./average.module.css";

export function AverageControls({ onRun }: { onRun: () => void }) {
  const { stores } = useWorkspace();
  const { choose, read } = stores.average.getState();
  const { source, most, window, file } = useSlice("average", (state) => state);
  const isRunning = useSlice("average", (state) => state.run.status === "running");
  const hasRun = useSlice("average", (state) => state.shown !== undefined);
  const model = useSlice("model", (state) => state.model);
  const sources: { value: AverageSource; label: string }[] = [
    { value: "examples", label: "the examples" },
    { value: "own", label: "the model’s known facts" },
    { value: "planted", label: "the planted facts" },
    ...(file === undefined ? [] : [{ value: "file" as const, label: `${file.name} (${file.facts.length})` }]),
  ];
  const open = async (chosen: File | null): Promise<void> => {
    if (chosen !== null) await read(await chosen.text(), chosen.name);
  };
  return (
    <div className={styles.controls}>
      <label className={styles.field}>
        Average over
        <NativeSelect
          size="xs"
          value={source}
          data={sources}
          onChange={(event) => choose({ source: event.currentTarget.value as AverageSource })}
        />
      </label>
      <label className={styles.field}>
        at most
        <NumberField
          label="Facts at most"
          value={most}
          min={2}
          max={MOST_FACTS}
          integer
          onCommit={(value) => value !== undefined && choose({ most: value })}
        />
      </label>
      <label className={styles.field}>
        layers together
        <NumberField
          label="Layers restored together"
          value={window}
          placeholder={model === undefined ? "" : String(windowFor(model.layers))}
          min={1}
          max={model?.layers ?? 100}
          integer
          onCommit={(value) => choose({ window: value })}
        />
      </label>
      <span className={styles.buttons}>
        <FileButton accept=".json,.csv,.txt" onChange={(chosen) => void open(chosen)}>
          {(props) => (
            <Button {...props} size="compact-sm" variant="default">
              Open a list…
            </Button>
          )}
        </FileButton>
        <Button size="compact-sm" disabled={model === undefined || isRunning} onClick={onRun}>
          {hasRun ? "Average again" : "Average"}
        </Button>
      </span>
    </div>
  );
}
