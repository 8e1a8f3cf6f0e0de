/** A text before and after in one: what was removed struck through, what was added washed in the edit's colour. */
import { Fragment } from "react";
import type { Piece } from "../../store/words";
import styles from "./DiffText.module.css";
import { ProseText } from "./ModelText";

export function DiffText({ pieces }: { pieces: readonly Piece[] }) {
  return (
    <>
      {pieces.map(({ text, kind }, index) => {
        if (kind === "same") return <ProseText key={index} text={text} />;
        // The mark is for the words, not for the space before them.
        const words = text.trimStart();
        const space = text.slice(0, text.length - words.length);
        return (
          <Fragment key={index}>
            {space}
            {kind === "removed" ? <WasText text={words} /> : <NewText text={words} />}
          </Fragment>
        );
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
