/** Does this device compute what it should? Every kernel beside its slow twin, and the same as a file. */
import { Button } from "@mantine/core";
import { useEffect } from "react";
import type { SelfTestResult } from "../../domain/selfTest";
import { byUrgency, closeness, reportText, scientific, toReport } from "../../store/selfTestReport";
import { useSlice, useWorkspace } from "../workspaceContext";
import { download } from "../charts/download";
import { BACKEND_NAMES } from "../model/backendNames";
import { ErrorNote } from "../ui/ErrorNote";
import { JobLine } from "../ui/JobLine";
import { ProseText } from "../ui/ModelText";
import { SubHead } from "../ui/Panel";
import { Sheet } from "../ui/Sheet";
import styles from "./report.module.css";

/** One sentence: does it, and how sure is that. */
function verdict({ checks, backend }: SelfTestResult): string {
  const failed = checks.filter(({ passed }) => !passed).length;
  const where = BACKEND_NAMES[backend];
  if (failed > 0) {
    return `${failed} of ${checks.length} computations on ${where} differ from their slow twins. Numbers of this device cannot be trusted.`;
  }
  const nearest = Math.max(...checks.map(closeness));
  const share = nearest < 0.001 ? "under 0.1" : (nearest * 100).toPrecision(2);
  return `All ${checks.length} computations on ${where} agree with their slow twins; the nearest comes to ${share} % of its bound.`;
}

function Checks({ result }: { result: SelfTestResult }) {
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label="All checks">
      <table className={styles.checks}>
        <thead>
          <tr>
            <th scope="col">check</th>
            <th scope="col">error</th>
            <th scope="col">bound</th>
            <th scope="col">
              <span className="visually-hidden">result</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {byUrgency(result.checks).map(({ name, error, bound, passed }) => (
            <tr key={name} data-failed={!passed || undefined}>
              <td>{name}</td>
              <td>{scientific(error)}</td>
              <td>{scientific(bound)}</td>
              <td>
                <span aria-hidden="true">{passed ? "✓" : "✗"}</span>
                <span className="visually-hidden">{passed ? "agrees" : "differs"}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `maxBufferSize` → `max buffer size`; the file keeps the platform's own names. */
const inWords = (name: string): string => name.replace(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);

const grouped = (value: number | string): string =>
  typeof value === "number"
    ? value.toLocaleString("en").replaceAll(",", "\u202f")
    : value.replaceAll(",", ", ");

function Device({ result, made }: { result: SelfTestResult; made: string | undefined }) {
  return (
    <dl className={styles.device}>
      <div>
        <dt>adapter</dt>
        <dd>
          <ProseText text={result.adapter} />
        </dd>
      </div>
      <div>
        <dt>closed forms in float64</dt>
        <dd>
          <ProseText text={result.float64} />
        </dd>
      </div>
      <div>
        <dt>browser</dt>
        <dd>{navigator.userAgent}</dd>
      </div>
      <div>
        <dt>checked</dt>
        <dd>
          {made === undefined ? "" : `${new Date(made).toLocaleString("en-GB")}, `}in{" "}
          {(result.milliseconds / 1000).toFixed(1)} s
        </dd>
      </div>
      {Object.entries(result.limits).map(([name, value]) => (
        <div key={name}>
          <dt>{inWords(name)}</dt>
          <dd>{grouped(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Again() {
  const { stores } = useWorkspace();
  const { start } = stores.report.getState();
  return (
    <Button size="compact-md" variant="subtle" color="gray" onClick={() => void start()}>
      Check again
    </Button>
  );
}

function Files({ result, made = "" }: { result: SelfTestResult; made: string | undefined }) {
  const { stores } = useWorkspace();
  const model = useSlice("model", (state) => state.model);
  const report = () => toReport(result, { made, browser: navigator.userAgent, model });
  const copy = async (): Promise<void> => {
    const isCopied = await navigator.clipboard.writeText(reportText(report())).then(
      () => true,
      () => false,
    );
    const words = isCopied ? "Report copied." : "The browser did not allow copying; save the report instead.";
    stores.notices.getState().tell(isCopied ? "good" : "bad", words);
  };
  return (
    <div className={styles.buttons}>
      <Button
        size="compact-md"
        variant="default"
        onClick={() => download("palimpsest-self-test.txt", reportText(report()), "text/plain")}
      >
        Save as text
      </Button>
      <Button
        size="compact-md"
        variant="default"
        onClick={() =>
          download("palimpsest-self-test.json", JSON.stringify(report(), undefined, 2), "application/json")
        }
      >
        Save as JSON
      </Button>
      <Button size="compact-md" variant="default" onClick={() => void copy()}>
        Copy
      </Button>
      <Again />
      <span className={styles.soft}>For a bug report. It holds nothing you typed.</span>
    </div>
  );
}

export default function SelfTestReport({ onClose }: { onClose: () => void }) {
  const { stores } = useWorkspace();
  const run = useSlice("report", (state) => state.run);
  const made = useSlice("report", (state) => state.made);
  useEffect(() => {
    const { run: before, start } = stores.report.getState();
    if (before.status === "idle") void start();
  }, [stores]);
  return (
    <Sheet title="Does this device compute rightly?" onClose={onClose}>
      <p className={styles.soft}>
        Graphics drivers and browsers compile the same program into different code. Here every computation in
        use runs beside a slow, obvious version of itself, on this device.
      </p>
      {run.status === "running" ? (
        <JobLine
          progress={run.progress}
          fallback="Comparing every kernel with its twin"
          onCancel={run.stop}
        />
      ) : null}
      {run.status === "failed" ? (
        <>
          <ErrorNote error={run.error} />
          <Again />
        </>
      ) : null}
      {run.status === "done" ? (
        <>
          <p className={styles.verdict} data-passed={run.result.passed} role="status">
            {verdict(run.result)}
          </p>
          <Checks result={run.result} />
          <SubHead>This device</SubHead>
          <Device result={run.result} made={made} />
          <Files result={run.result} made={made} />
        </>
      ) : null}
    </Sheet>
  );
}
