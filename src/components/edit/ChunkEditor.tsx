/**
 * A long answer as coloured chunks. Each border is a slider: dragged, or moved by the arrow keys; Delete joins the chunks
 * beside it, Enter halves the one after it, and a press on a token begins a new chunk there.
 */
import { useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { CutTarget } from "../../domain/longTarget";
import { visibleString } from "../../lib/visibleText";
import { addCut, chunkOfTokens, halveAfter, moveCut, rangeOf, removeCut } from "../../store/cuts";
import { TokenText } from "../ui/ModelText";
import { percent } from "../ui/numbers";
import styles from "./longTarget.module.css";

/** Neighbouring chunks must differ; more colours would say nothing. */
const HUES = 3;

type Tokens = CutTarget["tokens"];
type BorderProps = {
  index: number;
  cuts: readonly number[];
  tokens: Tokens;
  onGrab: (event: PointerEvent) => void;
  onKey: (key: string) => boolean;
};

/** The token under a pointer. */
function tokenAt({ clientX, clientY }: PointerEvent): number | undefined {
  const element = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>("[data-token]");
  return element === null || element === undefined ? undefined : Number(element.dataset.token);
}

function Border({ index, cuts, tokens, onGrab, onKey }: BorderProps) {
  const { min, max } = rangeOf(cuts, index, tokens.length);
  const at = cuts[index] ?? 0;
  const before = at - (cuts[index - 1] ?? 0);
  const after = (cuts[index + 1] ?? tokens.length) - at;
  return (
    <span
      role="slider"
      tabIndex={0}
      className={styles.border}
      aria-label={`Border between chunks ${index + 1} and ${index + 2}`}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={at}
      aria-valuetext={`before ${visibleString(tokens[at]?.text ?? "", "none")}: ${before} tokens, then ${after}`}
      data-border={index}
      onPointerDown={onGrab}
      onKeyDown={(event: KeyboardEvent) => {
        if (onKey(event.key)) event.preventDefault();
      }}
    />
  );
}

type ChunkEditorProps = {
  tokens: Tokens;
  cuts: readonly number[];
  /** Undefined: the method takes the answer as one piece. */
  onCut: ((cuts: readonly number[]) => void) | undefined;
};

export function ChunkEditor({ tokens, cuts: given, onCut }: ChunkEditorProps) {
  const [draft, setDraft] = useState<readonly number[]>();
  const cuts = draft ?? given;
  const chunkOf = chunkOfTokens(cuts, tokens.length);
  const group = useRef<HTMLDivElement>(null);
  /** The border under the pointer. Moves go to the group, for a border is drawn anew at every token it passes. */
  const held = useRef<number>(undefined);
  /** The border that keeps the focus wherever it goes. */
  const focused = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (focused.current === undefined) return;
    group.current?.querySelector<HTMLElement>(`[data-border="${focused.current}"]`)?.focus();
  });

  const grab = (index: number, event: PointerEvent): void => {
    event.preventDefault();
    group.current?.setPointerCapture(event.pointerId);
    held.current = index;
    focused.current = index;
    setDraft(cuts);
  };
  const drag = (event: PointerEvent): void => {
    const token = held.current === undefined ? undefined : tokenAt(event);
    if (token === undefined || held.current === undefined) return;
    setDraft(moveCut(cuts, held.current, token, tokens.length));
  };
  const release = (): void => {
    if (held.current === undefined) return;
    held.current = undefined;
    if (draft !== undefined) onCut?.(draft);
    setDraft(undefined);
  };
  const byKey = (index: number, key: string): boolean => {
    const at = cuts[index] ?? 0;
    const { min, max } = rangeOf(cuts, index, tokens.length);
    const places: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageDown: at - 5,
      PageUp: at + 5,
      Home: min,
      End: max,
    };
    const to = places[key];
    focused.current = index;
    if (to !== undefined) onCut?.(moveCut(cuts, index, to, tokens.length));
    else if (key === "Delete" || key === "Backspace") {
      focused.current = Math.min(index, cuts.length - 2);
      onCut?.(removeCut(cuts, index));
    } else if (key === "Enter") onCut?.(halveAfter(cuts, index, tokens.length));
    else return false;
    return true;
  };

  return (
    <>
      <div
        ref={group}
        className={styles.tokens}
        role="group"
        aria-label="The answer in chunks"
        onPointerMove={drag}
        onPointerUp={release}
        onPointerCancel={release}
        onBlur={() => (focused.current = undefined)}
      >
        {tokens.map(({ text, p }, token) => {
          const border = cuts.indexOf(token);
          return (
            <span key={token}>
              {border < 0 || onCut === undefined ? null : (
                <Border
                  index={border}
                  cuts={cuts}
                  tokens={tokens}
                  onGrab={(event) => grab(border, event)}
                  onKey={(key) => byKey(border, key)}
                />
              )}
              <span
                className={styles.token}
                data-token={token}
                data-hue={(chunkOf[token] ?? 0) % HUES}
                title={`${percent(p)} today`}
                onClick={() => onCut?.(addCut(cuts, token, tokens.length))}
              >
                <TokenText text={text} />
              </span>
            </span>
          );
        })}
      </div>
      {onCut === undefined ? null : (
        <p className={styles.keys}>
          Drag a border or use the arrow keys; Delete joins, Enter halves, a press on a token cuts there.
          {cuts.length === 0 && tokens.length > 1 ? (
            <>
              {" "}
              <button
                type="button"
                className={styles.reset}
                onClick={() => onCut(halveAfter(cuts, -1, tokens.length))}
              >
                Cut in the middle
              </button>
            </>
          ) : null}
        </p>
      )}
    </>
  );
}
