/** Where is it, on average: the traces of many facts, by what each token is to its fact. Fetched when it is opened. */
import { Button, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { TokenRole, TraceAverageResult, TraceKind } from "../../domain/trace";
import { toAverageCsv, toAverageSvg } from "../../lib/heatmap/averageFiles";
import type { Example } from "../../store/gallery";
import { averagePeak, averageSentence } from "../../lib/heatmap/averageSentence";
import { download } from "../charts/download";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { useScheme } from "../ui/useScheme";
import { useSlice, useWorkspace } from "../workspaceContext";
import { AverageControls } from "./AverageControls";
import { AverageGrid } from "./AverageGrid";
import { AverageProfile } from "./AverageProfile";
import styles from "./average.module.css";

const TITLES: Readonly<Record<TraceKind, (window: number) => string>> = {
  state: () => "States restored",
  mlp: (window) => `MLPs restored, ${window} layers together`,
  attention: (window) => `Attention restored, ${window} layers together`,
};

const TABS: readonly { value: TraceKind | "layers"; label: string }[] = [
  { value: "mlp", label: "MLP" },
  { value: "attention", label: "Attention" },
  { value: "state", label: "States" },
  { value: "layers", label: "By layer" },
];

/** The largest effect of all kinds: one scale, so that grids can be compared. */
const fullScale = ({ maps }: TraceAverageResult): number =>
  Math.max(1e-6, ...maps.flatMap(({ cells }) => cells.flat().map(({ effect }) => effect.mean)));

function Result({ result, list, isBusy }: { result: TraceAverageResult; list: string; isBusy: boolean }) {
  const peak = averagePeak(result, "mlp");
  const [chosen, setChosen] = useState<{ role: TokenRole; layer: number }>();
  const [tab, setTab] = useState<TraceKind | "layers">("mlp");
  const current = chosen ?? { role: peak?.role ?? "lastSubject", layer: peak?.layer ?? 0 };
  const full = fullScale(result);
  return (
    <>
      <p className={styles.sentence} aria-live="polite">
        {averageSentence(result, list)}
      </p>
      {result.skipped.length === 0 ? null : (
        <Hint>
          {`Left out: ${result.skipped.length} that the model answers otherwise or that cannot be traced. The first: ${result.skipped[0]!.prompt}. ${result.skipped[0]!.reason}`}
        </Hint>
      )}
      <SegmentedControl
        size="xs"
        className={styles.tabs ?? ""}
        aria-label="Which average"
        value={tab}
        data={[...TABS]}
        onChange={(value) => setTab(value as TraceKind | "layers")}
      />
      <div className={styles.maps}>
        {result.maps
          .filter(({ kind }) => kind === tab)
          .map(({ kind, cells }) => (
            <AverageGrid
              key={kind}
              kind={kind}
              title={TITLES[kind](result.window)}
              roles={result.roles}
              cells={cells}
              full={full}
              current={current}
              isBusy={isBusy}
              onChoose={(role, layer) => setChosen({ role, layer })}
            />
          ))}
        {tab === "layers" ? <AverageProfile result={result} role={current.role} /> : null}
      </div>
    </>
  );
}

export default function AverageView({ examples }: { examples: readonly Example[] }) {
  const { stores } = useWorkspace();
  const scheme = useScheme();
  const { run, ...average } = useSlice("average", (state) => state);
  const model = useSlice("model", (state) => state.model);
  const stack = useSlice("stack", (state) => state.stack);
  const { samples, noise, seed } = useSlice("trace", (state) => state.settings);
  // An average belongs to the model it was made of.
  const [shown, about] =
    average.about?.modelHash === model?.hash ? [average.shown, average.about] : [undefined, undefined];
  const isRunning = run.status === "running";
  const isOld = about !== undefined && stack !== undefined && about.weightHash !== stack.weightHash;

  const start = (): void => {
    if (model === undefined) return;
    const { weightHash, line } = stack ?? { weightHash: model.hash, line: "base model" };
    const subject = { modelHash: model.hash, weightHash, weightsLine: line };
    const facts = examples.map(({ template, answer, ...one }) => ({
      prompt: template,
      subject: one.subject,
      target: answer,
    }));
    void stores.average.getState().start(facts, subject, { samples, noise, seed, layers: model.layers });
  };
  return (
    <div className={styles.view}>
      <AverageControls onRun={start} />
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {shown === undefined || about === undefined ? (
        isRunning ? null : (
          <p className={styles.empty}>
            One trace shows one fact. The average over many shows what is typical: which tokens and layers
            bring answers back, with 95 % bands.
          </p>
        )
      ) : (
        <>
          {isOld ? <Hint>{`Averaged on ${about.weightsLine}.`}</Hint> : null}
          <Result result={shown} list={about.list} isBusy={isRunning} />
        </>
      )}
      {isRunning ? <JobLine progress={run.progress} fallback="Averaging" onCancel={run.stop} /> : null}
      {shown === undefined || about === undefined ? null : (
        <div className={styles.tools}>
          <Button
            size="compact-sm"
            variant="default"
            disabled={isRunning}
            onClick={() =>
              download(
                "trace-average.svg",
                toAverageSvg(shown, averageSentence(shown, about.list), scheme),
                "image/svg+xml",
              )
            }
          >
            Drawing (SVG)
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            disabled={isRunning}
            onClick={() => download("trace-average.csv", toAverageCsv(shown), "text/csv")}
          >
            Table (CSV)
          </Button>
        </div>
      )}
    </div>
  );
}
