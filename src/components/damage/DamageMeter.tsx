/** The damage meter beside the state of the weights: a light while an edit is on, its reasons on a click. */
import { Button } from "@mantine/core";
import { enabledCount } from "../../store/stackStore";
import { fetchedOver } from "../ui/fetched";
import { useOpener } from "../ui/useOpener";
import { useSlice, useWorkspace } from "../workspaceContext";
import styles from "./damage.module.css";
import { DamageLight } from "./DamageLight";
import { LEVELS } from "./damageWords";

const DamageSheet = fetchedOver("The report of the damage", () => import("./DamageSheet"));

export function DamageMeter() {
  const { stores } = useWorkspace();
  const { run, report } = useSlice("damage", (state) => state);
  const isOn = useSlice("stack", (state) => enabledCount(state.stack) > 0);
  const { isOpen, close, opener } = useOpener();
  if (!isOn) return null;
  const isBusy = run.status === "running";
  if (report === undefined) {
    const words = isBusy ? "measuring damage" : run.status === "failed" ? "damage unknown" : "measure damage";
    return (
      <Button
        className={styles.chip ?? ""}
        size="compact-sm"
        variant="default"
        disabled={isBusy}
        onClick={() => void stores.damage.getState().measure()}
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
      {isOpen ? <DamageSheet report={report} onClose={close} /> : null}
    </span>
  );
}
