/** How the model writes on, as it writes; with edits on, what it would have written stays readable behind. */
import { Button } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { diffWords } from "../../store/words";
import { ErrorNote } from "../ui/ErrorNote";
import { DiffText } from "../ui/DiffText";
import { ProseText } from "../ui/ModelText";
import { SubHead } from "../ui/Panel";
import { AroundNote } from "./AroundNote";
import styles from "./ask.module.css";
import { SamplingSettings } from "./SamplingSettings";

export function ContinuationView() {
  const workspace = useWorkspace();
  const run = useSlice("ask", (state) => state.continuation);
  const prompt = useSlice("prompt", (state) => state.text);
  const isLoaded = useSlice("model", (state) => state.model !== undefined);
  const isRunning = run.status === "running";
  const start = (
    <Button
      size="compact-sm"
      variant="default"
      disabled={!isLoaded || prompt.trim() === ""}
      onClick={() => (isRunning ? run.stop() : void workspace.continueText())}
    >
      {isRunning ? "Stop" : "Continue"}
    </Button>
  );

  return (
    <div>
      <SubHead
        aside={
          <span className={styles.buttons}>
            <SamplingSettings />
            {start}
          </span>
        }
      >
        It continues
      </SubHead>
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      <div className={styles.continuation} aria-live="polite" aria-busy={isRunning}>
        {run.status === "running" ? (
          <>
            <ProseText text={prompt} />
            <span className={styles.fresh}>
              <ProseText text={run.partial?.text ?? ""} />
            </span>
          </>
        ) : null}
        {run.status === "done" ? (
          <>
            <ProseText text={run.result.prompt} />
            {run.result.before === undefined ? (
              <ProseText text={run.result.text} />
            ) : (
              <DiffText pieces={diffWords(run.result.before, run.result.text)} />
            )}
          </>
        ) : null}
      </div>
      {run.status === "done" ? <AroundNote seen={run.result.seen} isRecited={run.result.isRecited} /> : null}
    </div>
  );
}
