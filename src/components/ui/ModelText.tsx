/** Text that a model or a file wrote: text nodes only, isolated in direction, control characters spelled out. */
import { Fragment } from "react";
import styles from "./ModelText.module.css";
import { visiblePieces, type TextPiece } from "../../lib/visibleText";

function Piece({ piece }: { piece: TextPiece }) {
  if (piece.kind === "space") return <span className={styles.space}>{piece.text}</span>;
  if (piece.kind === "escape") return <span className={styles.escape}>{piece.text}</span>;
  return <Fragment>{piece.text}</Fragment>;
}

/** A token in monospace: its spaces are drawn as ␣. */
export function TokenText({ text }: { text: string }) {
  const pieces = visiblePieces(text, "all");
  return (
    <bdi className={styles.token}>
      {pieces.length === 0 ? <span className={styles.escape}>empty</span> : null}
      {pieces.map((piece, index) => (
        <Piece key={index} piece={piece} />
      ))}
    </bdi>
  );
}

/** Running text in serif: spaces stay spaces. */
export function ProseText({ text }: { text: string }) {
  return (
    <bdi className={styles.prose}>
      {visiblePieces(text, "none").map((piece, index) => (
        <Piece key={index} piece={piece} />
      ))}
    </bdi>
  );
}
