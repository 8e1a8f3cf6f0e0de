/** Second moments for the edited layer: from the model's own text or the user's, with how settled they are. */
import { Button, Textarea } from "@mantine/core";
import type { LayerStatistics } from "../../domain/statistics";
import { useSlice, useWorkspace } from "../workspaceContext";
import { documentsOf } from "../../store/statisticsStore";
import { ErrorNote } from "../ui/ErrorNote";
import { FileButton } from "../ui/FileButton";
import { JobLine } from "../ui/JobLine";
import { percent } from "../ui/numbers";
import { SubHead } from "../ui/Panel";
import styles from "./edit.module.css";
import { useEditLayers } from "./useEditLayers";

const LINE = { width: 300, height: 44 } as const;

/** How much the statistics still changed with every stretch of text. */
function Convergence({ points }: { points: LayerStatistics["convergence"] }) {
  const last = points.at(-1);
  if (points.length < 2 || last === undefined) return null;
  const top = Math.max(...points.map(({ change }) => change));
  const path = points
    .map(({ tokens, change }) => {
      const x = (LINE.width * tokens) / last.tokens;
      const y = LINE.height - 2 - ((LINE.height - 4) * change) / Math.max(top, 1e-12);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
  const summary = `Change of the second moments, from ${percent(points[0]?.change ?? 0)} down to ${percent(last.change)}`;
  return (
    <svg
      className={styles.convergence}
      viewBox={`0 0 ${LINE.width} ${LINE.height}`}
      role="img"
      aria-label={summary}
    >
      <polyline points={path} fill="none" stroke="var(--mlp)" strokeWidth="2" />
    </svg>
  );
}

function Outcome({ layer, tokens, condition, ridge, convergence }: LayerStatistics) {
  const change = convergence.at(-1)?.change;
  return (
    <>
      <p className={styles.outcome}>
        Layer {layer}: {tokens.toLocaleString("en")} tokens
        {change === undefined ? "" : `; the last stretch still changed it by ${percent(change)}`}. Condition{" "}
        {Number.isFinite(condition) ? condition.toExponential(0) : "infinite"}
        {ridge > 0 ? `, ridge ${ridge.toExponential(0)}` : ""}. Edits at this layer use it.
      </p>
      <Convergence points={convergence} />
    </>
  );
}

export function StatisticsEditor() {
  const { stores } = useWorkspace();
  const text = useSlice("statistics", (state) => state.text);
  const run = useSlice("statistics", (state) => state.run);
  const layer = useEditLayers().at(-1);
  const { setText, compute } = stores.statistics.getState();
  const documents = documentsOf(text).length;
  if (layer === undefined) return null;
  return (
    <div className={styles.statistics}>
      <SubHead remark={`what other keys look like at layer ${layer}`}>Second moments</SubHead>
      <Textarea
        size="xs"
        aria-label="Text for the second moments"
        placeholder="Left empty: the model’s own text. Or paste yours, one document per line."
        minRows={3}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={styles.statisticsButtons}>
        <FileButton
          label="Open a text…"
          name="Open a text for the second moments"
          accept=".txt,text/plain"
          onFile={(file) => void file.text().then(setText)}
        />
        <Button
          size="compact-sm"
          variant="default"
          disabled={run.status === "running"}
          onClick={() => void compute(layer)}
        >
          {documents === 0 ? "Compute from its own text" : `Compute from ${documents} documents`}
        </Button>
      </div>
      {run.status === "running" ? (
        <JobLine progress={run.progress} fallback="Reading the text" onCancel={run.stop} />
      ) : null}
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {run.status === "done"
        ? run.result.layers.map((statistics) => <Outcome key={statistics.layer} {...statistics} />)
        : null}
    </div>
  );
}
