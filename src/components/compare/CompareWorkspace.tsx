/** Compare: the same requests by several methods, each on the untouched base, asked with the same probes. */
import frame from "../App.module.css";
import { RequestListPanel } from "../requests/RequestListPanel";
import type { WorkspaceProps } from "../workspaces";
import styles from "./compare.module.css";
import { DuelPanel } from "./DuelPanel";

export default function CompareWorkspace({ gallery }: WorkspaceProps) {
  return (
    <main className={`${frame.workspace ?? ""} ${styles.columns ?? ""}`}>
      <RequestListPanel gallery={gallery} />
      <DuelPanel />
    </main>
  );
}
