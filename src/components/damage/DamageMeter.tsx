/** The damage meter beside the state of the weights: a light while an edit is on, its reasons on a click. */
import { Button } from "@mantine/core";
import type { DamageReport } from "../../domain/damage";
import type { Run } from "../../store/run";
import { enabledCount } from "../../store/stackStore";
import { fetchedOver } from "../ui/fetched";
import { useOpener } from "../ui/useOpener";
import { useSlice, useWorkspace } from "../workspaceContext";
import styles from "./damage.module.css";
import { DamageLight } from "./DamageLight";
import { LEVELS } from "./levelWords";

const DamageSheet = fetchedOver("The report of the damage", () => import("./DamageSheet"));

/** While there is no report: what is under way and can be stopped, or what a click begins. */
function wordsWithout(run: Run<DamageReport>): { words: string; name: string; title: string } {
  if (run.status === "running") {
    const { done, total } = run.progress ?? { done: 0, total: 1 };
    const words = `measuring damage${done > 0 ? ` ${Math.round((100 * done) / total)}\u00a0%` : ""}`;
    // What is read must be part of the name, or who speaks to the page cannot press it.
    return { words, name: `${words}: stop`, title: "Stop measuring" };
  }
  const words = run.status === "failed" ? "damage unknown" : "measure damage";
  const title = run.status === "failed" ? run.error.message : "Ask the model what the edits have cost it";
  return { words, name: words, title };
}

export function DamageMeter() {
  const { stores } = useWorkspace();
  const { run, report } = useSlice("damage", (state) => state);
  const isOn = useSlice("stack", (state) => enabledCount(state.stack) > 0);
  const hash = useSlice("stack", (state) => state.stack?.weightHash);
  const { isOpen, close, opener } = useOpener();
  if (!isOn) return null;
  const isBusy = run.status === "running";
  if (report === undefined) {
    const { words, name, title } = wordsWithout(run);
    return (
      <Button
        className={styles.chip ?? ""}
        size="compact-sm"
        variant="default"
        aria-label={name}
        title={title}
        onClick={() => (run.status === "running" ? run.stop() : void stores.damage.getState().measure())}
      >
        {words}
      </Button>
    );
  }
  const { word } = LEVELS[report.level];
  return (
    <span style={{ position: "relative" }}>
      <Button
        {...opener}
        className={styles.chip ?? ""}
        size="compact-sm"
        variant="default"
        aria-haspopup="dialog"
        aria-label={`Damage: ${word}`}
      >
        <DamageLight level={report.level} isBusy={isBusy} />
        &nbsp;{word}
      </Button>
      {isOpen ? <DamageSheet report={report} isOld={report.weightHash !== hash} onClose={close} /> : null}
    </span>
  );
}
