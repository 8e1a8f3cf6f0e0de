/** What an edit around the model did to an answer: the text that was really read, or that the model was not asked. */
import { Hint } from "../ui/ErrorNote";
import { ProseText } from "../ui/ModelText";
import styles from "./ask.module.css";

export function AroundNote({ seen, isRecited }: { seen: string | undefined; isRecited: boolean }) {
  if (isRecited) return <Hint>The answer at the beginning is an edit’s, recited in the model’s place.</Hint>;
  if (seen === undefined) return null;
  return (
    <details className={styles.seen}>
      <summary>An edit put a fact in front: what the model read</summary>
      <ProseText text={seen} />
    </details>
  );
}
