/** A text before and after in one: what was removed struck through, what was added washed in the edit's colour. */
import type { Piece } from "../../store/words";
import styles from "./DiffText.module.css";
import { ProseText } from "./ModelText";

export function DiffText({ pieces }: { pieces: readonly Piece[] }) {
  return (
    <>
      {pieces.map(({ text, kind }, index) => {
        if (kind === "removed") {
          return (
            <del key={index} className={styles.removed}>
              <ProseText text={text} />
            </del>
          );
        }
        if (kind === "added") {
          return (
            <ins key={index} className={styles.added}>
              <ProseText text={text} />
            </ins>
          );
        }
        return <ProseText key={index} text={text} />;
      })}
    </>
  );
}

/** A struck old word beside its successor. */
export function WasText({ text }: { text: string }) {
  return (
    <del className={styles.removed}>
      <ProseText text={text} />
    </del>
  );
}

export function NewText({ text }: { text: string }) {
  return (
    <ins className={styles.added}>
      <ProseText text={text} />
    </ins>
  );
}
