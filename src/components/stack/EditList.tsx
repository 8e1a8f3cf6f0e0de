/** The edits on this model: switches, order, names; and the file that keeps them. */
import { useSlice } from "../workspaceContext";
import { ErrorNote } from "../ui/ErrorNote";
import { SubHead } from "../ui/Panel";
import { EditRow } from "./EditRow";
import { FileButtons } from "./FileButtons";
import styles from "./stack.module.css";

export function EditList() {
  const stack = useSlice("stack", (state) => state.stack);
  const change = useSlice("stack", (state) => state.change);
  const isLoaded = useSlice("model", (state) => state.model !== undefined);
  if (!isLoaded) return null;
  const edits = stack?.edits ?? [];
  return (
    <div className={styles.stack}>
      <SubHead
        aside={
          stack === undefined ? null : (
            <span className={styles.hash} title="Hash of the weights in use">
              {stack.weightHash.slice(0, 8)}
            </span>
          )
        }
      >
        Edits on this model
      </SubHead>
      {edits.length === 0 ? (
        <p className={styles.none}>None. These are the model’s own weights.</p>
      ) : (
        <ol className={styles.list} aria-busy={change.status === "running"}>
          {edits.map((edit, index) => (
            <EditRow key={edit.id} edit={edit} index={index} count={edits.length} />
          ))}
        </ol>
      )}
      {change.status === "failed" ? <ErrorNote error={change.error} /> : null}
      <FileButtons hasEdits={edits.length > 0} />
    </div>
  );
}
