/** The edit as one sentence: the prompt with its subject underlined, the new answer to type, the old one behind it. */
import { useEffect, useRef } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { WasText } from "../ui/DiffText";
import { ProseText } from "../ui/ModelText";
import styles from "./edit.module.css";

/** The field grows with its words, between these widths in characters. */
const WIDTH = { least: 12, most: 26 };

/** `isLong`: the answer has a field of its own below. */
export function EditSentence({ isLong }: { isLong: boolean }) {
  const workspace = useWorkspace();
  const text = useSlice("prompt", (state) => state.text);
  const subject = useSlice("prompt", (state) => state.subject);
  const form = useSlice("edit", (state) => state.form);
  const asks = useSlice("edit", (state) => state.asks);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (asks === 0) return;
    field.current?.focus();
    field.current?.select();
  }, [asks]);

  const width = Math.min(WIDTH.most, Math.max(WIDTH.least, form.targetNew.length + 1));
  return (
    <p className={styles.sentence}>
      {subject === undefined ? (
        <ProseText text={text} />
      ) : (
        <>
          <ProseText text={text.slice(0, subject.start)} />
          <span className={styles.subject}>
            <ProseText text={text.slice(subject.start, subject.end)} />
          </span>
          <ProseText text={text.slice(subject.end).trimEnd()} />
        </>
      )}{" "}
      {isLong ? null : (
        <span className={styles.answer}>
          <input
            ref={field}
            className={styles.target}
            aria-label="New answer"
            placeholder="new answer"
            spellCheck={false}
            style={{ width: `${width}ch` }}
            value={form.targetNew}
            onChange={(event) =>
              workspace.stores.edit.getState().setForm({ targetNew: event.currentTarget.value })
            }
            onKeyDown={(event) => {
              if (event.key === "Enter" && form.targetNew.trim() !== "") void workspace.edit();
            }}
          />
          {form.targetTrue === "" ? null : (
            <span className={styles.was}>
              was <WasText text={form.targetTrue} />
            </span>
          )}
        </span>
      )}
    </p>
  );
}
