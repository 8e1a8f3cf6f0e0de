/** The state of the weights, always in the same place: 'base model' or 'base + n edits'. */
import { useSlice } from "../workspaceContext";
import { enabledCount } from "../../store/stackStore";
import styles from "./model.module.css";

export function StackChip() {
  const stack = useSlice("stack", (state) => state.stack);
  const isLoaded = useSlice("model", (state) => state.model !== undefined);
  if (!isLoaded || stack === undefined) return null;
  return (
    <span className={styles.state} data-edited={enabledCount(stack) > 0 || undefined} role="status">
      <span className={styles.dot} aria-hidden="true" />
      {stack.line}
    </span>
  );
}
