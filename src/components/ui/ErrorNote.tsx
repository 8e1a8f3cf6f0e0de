/** What went wrong, why, and what to do: one sentence each, never a code alone. */
import type { AppError } from "../../lib/errors";
import { visibleString } from "../../lib/visibleText";
import styles from "./ErrorNote.module.css";
import { ProseText } from "./ModelText";

export function ErrorNote({ error }: { error: AppError }) {
  return (
    <p className={styles.note} role="alert">
      <strong>
        <ProseText text={error.message} />
      </strong>{" "}
      <ProseText text={error.remedy} />
    </p>
  );
}

/** A mild warning that stops nothing. */
export function Hint({ children }: { children: string }) {
  return <p className={styles.hint}>{visibleString(children, "none")}</p>;
}
