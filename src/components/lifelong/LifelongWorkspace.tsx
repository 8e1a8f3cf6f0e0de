/** Editing one fact after the other until the model breaks, and seeing why. */
import { CurvesPanel } from "./CurvesPanel";
import layout from "../ui/layout.module.css";
import styles from "./lifelong.module.css";
import { MorePanels } from "./MorePanels";
import { PlanPanel } from "./PlanPanel";
import { RunsPanel } from "./RunsPanel";
import { useStoredRun } from "./useStoredRun";

export default function LifelongWorkspace() {
  const stored = useStoredRun();
  return (
    <main className={`${layout.workspace} ${styles.workspace}`}>
      <PlanPanel className={styles.plan} />
      <CurvesPanel className={styles.curves} stored={stored} />
      <RunsPanel className={styles.runs} />
      <MorePanels stored={stored} />
    </main>
  );
}
