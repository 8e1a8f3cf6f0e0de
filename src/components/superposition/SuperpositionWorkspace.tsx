/** Superposition: which facts, how far they share directions layer by layer, and what that does to edits. */
import { useSlice } from "../workspaceContext";
import { AtlasPanel } from "./AtlasPanel";
import { DistributionPanel } from "./DistributionPanel";
import { FactsPanel } from "./FactsPanel";
import { KurtosisPanel, SizesPanel } from "./KurtosisPanel";
import { NoSuperpositionPanel } from "./NoSuperpositionPanel";
import { PairPanel } from "./PairPanel";
import { PreviewPanel } from "./PreviewPanel";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

export default function SuperpositionWorkspace() {
  const hasCharts = useSlice("superposition", (state) => state.layers.size > 0 || state.sizes.length > 0);
  return (
    <main className={`${layout.workspace} ${styles.workspace}`}>
      <FactsPanel className={styles.facts} />
      <AtlasPanel className={styles.atlas} />
      <PairPanel className={styles.pair} />
      {hasCharts ? (
        <div className={layout.charts}>
          <DistributionPanel />
          <KurtosisPanel />
          <SizesPanel />
        </div>
      ) : null}
      <PreviewPanel className={styles.preview} />
      <NoSuperpositionPanel className={styles.without} />
    </main>
  );
}
