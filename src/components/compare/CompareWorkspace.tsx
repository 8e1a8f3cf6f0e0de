/** Compare: the same requests by several methods, each on the untouched base, asked with the same probes. */
import frame from "../App.module.css";
import { RequestListPanel } from "../requests/RequestListPanel";
import styles from "./compare.module.css";
import { DuelPanel } from "./DuelPanel";

export default function CompareWorkspace() {
  return (
    <main className={`${frame.workspace ?? ""} ${styles.columns ?? ""}`}>
      <RequestListPanel />
      <DuelPanel />
    </main>
  );
}
