/** Which words are the subject; by text too, and when they stand in several places, which of them. */
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { Hint } from "../ui/ErrorNote";
import { ProseText } from "../ui/ModelText";
import styles from "./ask.module.css";

/** The words around an occurrence, so that the user can tell one from another. */
function surroundings(text: string, start: number, end: number): string {
  const before = text.slice(Math.max(0, start - 18), start);
  const after = text.slice(end, end + 18);
  return `${start > 18 ? "…" : ""}${before}[${text.slice(start, end)}]${after}${end + 18 < text.length ? "…" : ""}`;
}

export function SubjectLine() {
  const { stores, chooseSubject } = useWorkspace();
  const text = useSlice("prompt", (state) => state.text);
  const subject = useSlice("prompt", (state) => state.subject);
  const candidates = useSlice("prompt", (state) => state.candidates);
  const problem = useSlice("prompt", (state) => state.problem);
  const [draft, setDraft] = useState<string>();
  const words = subject === undefined ? "" : text.slice(subject.start, subject.end);

  const commit = (): void => {
    if (draft !== undefined && draft.trim() !== "" && draft.trim() !== words) {
      void chooseSubject(() => stores.prompt.getState().selectText(draft));
    }
    setDraft(undefined);
  };

  return (
    <>
      <div className={styles.subject}>
        <label htmlFor="subject">Subject</label>
        <TextInput
          id="subject"
          size="xs"
          variant="unstyled"
          classNames={{ input: styles.subjectInput ?? "" }}
          value={draft ?? words}
          placeholder="click tokens above"
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === "Enter") commit();
          }}
        />
      </div>
      {problem === undefined ? null : <Hint>{problem}</Hint>}
      {candidates.length === 0 ? null : (
        <div className={styles.candidates} role="group" aria-label="Which one do you mean?">
          <span>Which one do you mean?</span>
          {candidates.map((span) => (
            <Button
              key={span.start}
              size="compact-sm"
              variant="default"
              onClick={() => void chooseSubject(() => stores.prompt.getState().chooseSpan(span))}
            >
              <ProseText text={surroundings(text, span.start, span.end)} />
            </Button>
          ))}
        </div>
      )}
    </>
  );
}
