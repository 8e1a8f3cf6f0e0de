/** The first workspace: ask, where is it, edit, what changed. Lays its four panels out. */
import type { WorkspaceProps } from "./workspaces";
import styles from "./App.module.css";
import { AskPanel } from "./ask/AskPanel";
import { ChangesPanel } from "./changes/ChangesPanel";
import { EditPanel } from "./edit/EditPanel";
import { TracePanel } from "./trace/TracePanel";

export function TraceAndEdit({ gallery }: WorkspaceProps) {
  return (
    <main className={styles.sheets}>
      <AskPanel gallery={gallery} className={styles.ask} />
      <TracePanel examples={gallery?.examples ?? []} className={styles.where} />
      <EditPanel className={styles.edit} />
      <ChangesPanel className={styles.changed} />
    </main>
  );
}
