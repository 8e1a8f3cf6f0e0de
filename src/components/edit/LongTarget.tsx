/** A long answer: free text, how many tokens it has, and how it is cut into chunks. */
import { Textarea } from "@mantine/core";
import { useEffect, useRef } from "react";
import { cutsOf } from "../../store/cuts";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ChunkEditor } from "./ChunkEditor";
import styles from "./longTarget.module.css";
import { useMethod } from "./useMethod";

/** The lab is asked once the user rests this long, in milliseconds. */
const REST = 500;
/** Answers beyond this take the method past what it was made for. */
const MOST_TOKENS = 500;

function Count({ tokens, room, chunks }: { tokens: number; room: number; chunks: number }) {
  const most = Math.min(MOST_TOKENS, room);
  return (
    <span className={styles.count} data-over={tokens > most || undefined}>
      {tokens} of at most {most} tokens, {chunks === 1 ? "in one piece" : `in ${chunks} chunks`}
    </span>
  );
}

export default function LongTarget() {
  const workspace = useWorkspace();
  const { setForm } = workspace.stores.edit.getState();
  const method = useMethod();
  const target = useSlice("edit", (state) => state.form.targetNew);
  const settings = useSlice("edit", (state) => state.form.settings);
  const cuts = useSlice("edit", (state) => state.form.cuts);
  const asks = useSlice("edit", (state) => state.asks);
  const isEditing = useSlice("edit", (state) => state.run.status === "running");
  const prompt = useSlice("prompt", (state) => state.text);
  const weights = useSlice("stack", (state) => state.stack?.weightHash);
  const run = useSlice("longTarget", (state) => state.run);
  const cut = useSlice("longTarget", (state) => state.cut);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (asks > 0) field.current?.focus();
  }, [asks]);

  useEffect(() => {
    if (isEditing) return undefined;
    const timer = setTimeout(() => void workspace.lookAtTarget(), REST);
    return () => clearTimeout(timer);
  }, [workspace, target, settings, prompt, weights, method?.name, isEditing]);

  const borders = cuts ?? (cut === undefined ? [] : cutsOf(cut.chunks));
  const isCutting = method?.settings.some(({ name }) => name === "chunking") ?? false;
  return (
    <div className={styles.long}>
      <Textarea
        ref={field}
        aria-label="New answer"
        placeholder="The whole answer: prose, verse, a table, code …"
        rows={3}
        spellCheck={false}
        classNames={{ input: styles.text ?? "" }}
        value={target}
        onChange={(event) => setForm({ targetNew: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void workspace.edit();
        }}
      />
      {run.status === "failed" ? <ErrorNote error={run.error} /> : null}
      {cut === undefined || target.trim() === "" ? null : (
        <>
          <p className={styles.head}>
            <Count
              tokens={cut.tokens.length}
              room={cut.contextLength - cut.questionTokens}
              chunks={borders.length + 1}
            />
            {cuts === undefined ? null : (
              <button type="button" className={styles.reset} onClick={() => setForm({ cuts: undefined })}>
                Its own cut
              </button>
            )}
          </p>
          <ChunkEditor
            tokens={cut.tokens}
            cuts={borders}
            onCut={isCutting ? (next) => setForm({ cuts: next }) : undefined}
          />
          {isCutting && cut.tokens.length > 1 && borders.length === cut.tokens.length - 1 ? (
            <Hint>
              Each token is a chunk of its own: there is no border to drag. A larger window, in the settings,
              makes some.
            </Hint>
          ) : null}
        </>
      )}
    </div>
  );
}
