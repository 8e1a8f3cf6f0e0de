/**
 * The heatmap: a grid one walks with the arrow keys, Home and End; Enter edits here. Colours come from one scale;
 * rows that have not arrived stay blank. The subject is starred and bracketed.
 */
import { memo, useRef, type CSSProperties, type KeyboardEvent } from "react";
import { useEditLayers } from "../edit/useEditLayers";
import { useSlice, useWorkspace } from "../workspaceContext";
import { peakAtSubject, type Heatmap } from "../../lib/heatmap/heatmap";
import { colourOf, inkOn, position, type Hue, type Scale, type Scheme } from "../../lib/heatmap/colour";
import { scaleOf } from "../../lib/heatmap/heatmapScale";
import { TokenText } from "../ui/ModelText";
import { points, probability } from "../ui/numbers";
import { useScheme } from "../ui/useScheme";
import { visibleString } from "../../lib/visibleText";
import { axesOf, cellAt, moveByKey, type AxisItem } from "./axes";
import styles from "./heatmap.module.css";
import type { TracePicture } from "./useTracePicture";

/** Up to this many columns a cell is wide enough for its number. */
const COLUMNS_WITH_NUMBERS = 14;
/** Weaker cells stay without a number, so that the eye finds the strong ones. */
const LEAST_NUMBERED = 0.12;

type CellProps = {
  score: number | undefined;
  spread: number | undefined;
  where: string;
  isCurrent: boolean;
  isTarget: boolean;
  hasNumber: boolean;
  row: number;
  column: number;
  scale: Scale;
  hue: Hue;
  scheme: Scheme;
};

function scoreText(score: number, isDifference: boolean): string {
  return isDifference ? points(score) : probability(score).replace(/^0\./u, ".");
}

const CellBox = memo(function CellBox(props: CellProps) {
  const { score, spread, where, scale } = props;
  if (score === undefined) {
    return (
      <div
        role="gridcell"
        className={styles.cell}
        data-row={props.row}
        data-column={props.column}
        data-blank
        tabIndex={props.isCurrent ? 0 : -1}
        aria-label={`${where}: not computed yet`}
      />
    );
  }
  const amount = position(scale, score);
  const colour = colourOf(amount, props.hue, scale.isDifference, props.scheme);
  const value = scale.isDifference ? `${points(score)} points` : probability(score);
  const isNumbered = props.hasNumber && Math.abs(amount) >= LEAST_NUMBERED;
  return (
    <div
      role="gridcell"
      className={styles.cell}
      data-row={props.row}
      data-column={props.column}
      data-target={props.isTarget || undefined}
      tabIndex={props.isCurrent ? 0 : -1}
      aria-selected={props.isCurrent}
      aria-label={`${where}: ${value}${spread === undefined ? "" : ` ± ${probability(spread)}`}`}
      style={{ backgroundColor: colour, color: inkOn(colour) }}
    >
      {isNumbered ? <span aria-hidden="true">{scoreText(score, scale.isDifference)}</span> : null}
    </div>
  );
});

function Label({ item, heatmap }: { item: AxisItem; heatmap: Heatmap }) {
  if (item.kind === "layer") return <span>{item.index}</span>;
  return (
    <>
      <TokenText text={heatmap.tokens[item.index]?.text ?? ""} />
      {item.isSubject ? <span className={styles.star}>*</span> : null}
    </>
  );
}

const nameOf = (item: AxisItem, heatmap: Heatmap): string =>
  item.kind === "layer"
    ? `layer ${item.index}`
    : `${visibleString(heatmap.tokens[item.index]?.text.trim() ?? "", "none")}${item.isSubject ? " (subject)" : ""}`;

export function HeatmapGrid({ picture, isTransposed }: { picture: TracePicture; isTransposed: boolean }) {
  const { heatmap, hue } = picture;
  const { stores, editHere } = useWorkspace();
  const cell = useSlice("trace", (state) => state.cell);
  const editLayers = useEditLayers();
  const scheme = useScheme();
  const grid = useRef<HTMLDivElement>(null);
  const { rows, columns } = axesOf(heatmap, isTransposed);
  const scale = scaleOf(heatmap);
  const targetToken = heatmap.subject.end - 1;
  const current = cell ?? peakAtSubject(heatmap) ?? { token: 0, layer: 0 };
  const hasNumbers = columns.length <= COLUMNS_WITH_NUMBERS;

  const place = (element: EventTarget): { row: AxisItem; column: AxisItem } | undefined => {
    const box = element instanceof HTMLElement ? element.closest<HTMLElement>("[data-row]") : null;
    const row = rows[Number(box?.dataset.row)];
    const column = columns[Number(box?.dataset.column)];
    return row === undefined || column === undefined ? undefined : { row, column };
  };
  const point = (element: EventTarget): void => {
    const found = place(element);
    if (found !== undefined) stores.trace.getState().selectCell(cellAt(found.row, found.column));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const found = place(event.target);
    if (found === undefined) return;
    if (event.key === "Enter") {
      event.preventDefault();
      return editHere(cellAt(found.row, found.column));
    }
    const from = [rows.indexOf(found.row), columns.indexOf(found.column)] as const;
    const to = moveByKey(event.key, event.ctrlKey || event.metaKey, from, [rows.length, columns.length]);
    if (to === undefined) return;
    event.preventDefault();
    grid.current?.querySelector<HTMLElement>(`[data-row="${to[0]}"][data-column="${to[1]}"]`)?.focus();
  };

  return (
    <div
      ref={grid}
      role="grid"
      className={styles.grid}
      data-transposed={isTransposed || undefined}
      aria-labelledby="trace-sentence"
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length + 1}
      aria-busy={picture.isPartial}
      style={{ "--columns": columns.length, "--rows": rows.length } as CSSProperties}
      onKeyDown={onKeyDown}
      onFocus={(event) => point(event.target)}
      onPointerOver={(event) => {
        if (event.pointerType === "mouse") point(event.target);
      }}
      onClick={(event) => {
        point(event.target);
        if (event.target instanceof HTMLElement) event.target.closest<HTMLElement>("[data-row]")?.focus();
      }}
    >
      {rows.map((row, r) => (
        <div role="row" className={styles.row} key={row.index} data-subject={row.isSubject || undefined}>
          <div role="rowheader" className={styles.rowLabel} data-subject={row.isSubject || undefined}>
            <Label item={row} heatmap={heatmap} />
          </div>
          {columns.map((column, c) => {
            const at = cellAt(row, column);
            return (
              <CellBox
                key={column.index}
                row={r}
                column={c}
                score={heatmap.scores[at.token]?.[at.layer]}
                spread={heatmap.spread[at.token]?.[at.layer]}
                where={`${nameOf(row, heatmap)}, ${nameOf(column, heatmap)}`}
                isCurrent={at.token === current.token && at.layer === current.layer}
                isTarget={at.token === targetToken && editLayers.includes(at.layer)}
                hasNumber={hasNumbers}
                scale={scale}
                hue={hue}
                scheme={scheme}
              />
            );
          })}
        </div>
      ))}
      <div role="row" className={styles.row}>
        <div role="columnheader" className={styles.corner}>
          {isTransposed ? "token" : "layer"}
        </div>
        {columns.map((column) => (
          <div role="columnheader" className={styles.columnLabel} data-kind={column.kind} key={column.index}>
            <Label item={column} heatmap={heatmap} />
          </div>
        ))}
      </div>
    </div>
  );
}
