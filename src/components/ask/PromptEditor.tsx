/** The prompt as text. What is typed is asked after a short rest. */
import { Textarea } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { promptWarnings, type PromptWarning } from "../../store/prompt";
import { Hint } from "../ui/ErrorNote";
import styles from "./ask.module.css";

const REST = 350;

const SENTENCES: Record<PromptWarning, string | undefined> = {
  empty: "Write the beginning of a sentence whose next word is the fact.",
  "trailing-space":
    "The prompt ends with a space; the model then hardly ever finds the word. Take the space away.",
  "line-break": "The prompt ends with a line break. End it just before the word you want.",
  "no-subject": "Choose the subject: click its tokens below, or type it.",
  "subject-at-end": "Nothing follows the subject, so no state after it can be traced.",
  "answer-is-punctuation":
    "The likeliest next token is punctuation, not a word. Phrase the prompt so that the answer comes next.",
};

export function PromptEditor() {
  const workspace = useWorkspace();
  const text = useSlice("prompt", (state) => state.text);
  const subject = useSlice("prompt", (state) => state.subject);
  const answer = useSlice("ask", ({ next }) =>
    next.status === "done" && next.result.prompt === text ? next.result.now[0]?.text : undefined,
  );
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const write = (value: string): void => {
    workspace.type(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void workspace.settle(), REST);
  };

  return (
    <>
      <Textarea
        aria-label="Prompt"
        autosize
        minRows={2}
        maxRows={5}
        spellCheck={false}
        value={text}
        placeholder="The headquarters of Midway Games is located in the city of"
        classNames={{ input: styles.prompt ?? "" }}
        onChange={(event) => write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            clearTimeout(timer.current);
            void workspace.settle().then(workspace.trace);
          }
        }}
      />
      {promptWarnings(text, subject, answer).map((warning) => {
        const sentence = SENTENCES[warning];
        return sentence === undefined ? null : <Hint key={warning}>{sentence}</Hint>;
      })}
    </>
  );
}
