/** Editing one fact after the other until the model breaks, and seeing why. */
import { CurvesPanel } from "./CurvesPanel";
import styles from "./lifelong.module.css";
import { MorePanels } from "./MorePanels";
import { PlanPanel } from "./PlanPanel";
import { RunsPanel } from "./RunsPanel";

export default function LifelongWorkspace() {
  return (
    <main className={styles.workspace}>
      <PlanPanel className={styles.plan} />
      <CurvesPanel className={styles.curves} />
      <RunsPanel className={styles.runs} />
      <MorePanels />
    </main>
  );
}
