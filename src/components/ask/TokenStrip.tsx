/**
 * The prompt's tokens, for choosing the subject: click one, shift-click or drag to several; with the keyboard
 * arrows move, Enter chooses, Shift+arrow extends.
 */
import { useRef, useState, type KeyboardEvent } from "react";
import { useSlice, useWorkspace } from "../workspaceContext";
import { tokensInSpan } from "../../store/prompt";
import { TokenText } from "../ui/ModelText";
import styles from "./ask.module.css";

export function TokenStrip() {
  const { stores, chooseSubject } = useWorkspace();
  const tokens = useSlice("prompt", (state) => state.tokens);
  const isStale = useSlice("prompt", (state) => state.text !== state.tokensOf);
  const subject = useSlice("prompt", (state) => state.subject);
  const [cursor, setCursor] = useState(0);
  const anchor = useRef<number>(undefined);
  const strip = useRef<HTMLDivElement>(null);
  const range = subject === undefined ? undefined : tokensInSpan(tokens, subject);

  const select = (first: number, last: number): void => {
    void chooseSubject(() => stores.prompt.getState().selectTokens(first, last));
  };
  const press = (position: number, extend: boolean): void => {
    if (!extend || range === undefined) anchor.current = position;
    setCursor(position);
    select(anchor.current ?? range?.first ?? position, position);
  };
  const move = (event: KeyboardEvent, by: number): void => {
    event.preventDefault();
    const next = Math.min(tokens.length - 1, Math.max(0, cursor + by));
    if (event.shiftKey) {
      anchor.current ??= cursor;
      select(anchor.current, next);
    } else {
      anchor.current = undefined;
    }
    setCursor(next);
    strip.current?.querySelectorAll<HTMLElement>("button")[next]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowRight") move(event, 1);
    if (event.key === "ArrowLeft") move(event, -1);
    if (event.key === "Home") move(event, -tokens.length);
    if (event.key === "End") move(event, tokens.length);
  };

  if (tokens.length === 0) return null;
  return (
    <div
      ref={strip}
      className={styles.tokens}
      data-stale={isStale || undefined}
      role="group"
      aria-label="Tokens of the prompt; chosen ones are the subject"
      onKeyDown={onKeyDown}
    >
      {tokens.map((token, position) => {
        const isSubject = range !== undefined && position >= range.first && position <= range.last;
        return (
          <button
            key={position}
            type="button"
            className={styles.chip}
            tabIndex={position === Math.min(cursor, tokens.length - 1) ? 0 : -1}
            aria-pressed={isSubject}
            disabled={isStale}
            onFocus={() => setCursor(position)}
            onClick={(event) => press(position, event.shiftKey)}
            onPointerEnter={(event) => {
              if (event.buttons === 1 && anchor.current !== undefined) select(anchor.current, position);
            }}
            onPointerDown={(event) => {
              // A drag must reach the other tokens, so the pointer is not kept by the first.
              event.currentTarget.releasePointerCapture(event.pointerId);
              if (!event.shiftKey) anchor.current = position;
            }}
          >
            <TokenText text={token.text} />
          </button>
        );
      })}
    </div>
  );
}
