/**
 * The atlas: P as a map that can be dragged, zoomed and walked cell by cell. Cells are drawn from typed arrays once per
 * matrix; moving only draws that picture again. What the cursor is on is told beside it, for the eye and the ear.
 */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Scheme } from "../../lib/heatmap/colour";
import type { Cell } from "../../store/superpositionStore";
import { useWidth } from "../charts/useWidth";
import { atlasCells, inkOf, screenContext } from "./atlasPicture";
import {
  cellAt,
  cellByKey,
  fitted,
  panned,
  pinched,
  revealing,
  within,
  zoomed,
  type AtlasView,
  type Frame,
  type Place,
} from "./atlasView";
import { drawAtlas, type Margins } from "./drawAtlas";
import styles from "./superposition.module.css";
import { useMapPointers } from "./useMapPointers";

type AtlasCanvasProps = {
  values: Float32Array;
  order: readonly number[];
  /** By fact. */
  names: readonly string[];
  scheme: Scheme;
  cell: Cell | undefined;
  pair: Cell | undefined;
  onPoint: (cell: Cell | undefined) => void;
  onChoose: (cell: Cell) => void;
};

const KEYS_HELP =
  "Arrow keys move the cell, Page Up and Page Down by ten, Enter opens the pair, plus and minus zoom, 0 shows all.";

export default function AtlasCanvas(props: AtlasCanvasProps) {
  const { values, order, names, scheme, cell, pair, onPoint, onChoose } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const n = order.length;
  const margins = useMemo<Margins>(
    () => (width < 480 ? { left: 74, top: 60 } : { left: 118, top: 92 }),
    [width],
  );
  const height = Math.min(590, Math.max(300, width - margins.left + margins.top));
  const frame = useMemo<Frame>(
    () => ({ width: width - margins.left, height: height - margins.top, n }),
    [width, height, margins, n],
  );
  const [wanted, setView] = useState<AtlasView>();
  const view = wanted === undefined ? fitted(frame) : within(wanted, frame);
  // Seen whole, the map lets a finger scroll the page; seen from near, it follows the finger.
  const isAll = view.scale <= fitted(frame).scale;
  const place = useMemo(() => {
    const places = new Int32Array(n);
    order.forEach((fact, at) => (places[fact] = at));
    return places;
  }, [order, n]);
  const cells = useMemo(() => atlasCells(values, order, scheme), [values, order, scheme]);
  const shown = useMemo(() => order.map((fact) => names[fact] ?? ""), [order, names]);
  const at = (one: Cell | undefined) => one && { row: place[one.i]!, column: place[one.j]! };

  useEffect(() => {
    const element = canvas.current;
    const context = element && screenContext(element, width, height);
    if (!context) return;
    const marks = { cursor: at(cell), chosen: at(pair) };
    drawAtlas(context, { cells, view, margins, width, height, names: shown, ...marks, ink: inkOf(element) });
  });

  const placeOf = ({ clientX, clientY }: { clientX: number; clientY: number }): Place => {
    const from = canvas.current!.getBoundingClientRect();
    return { x: clientX - from.left - margins.left, y: clientY - from.top - margins.top };
  };
  const factsAt = (event: PointerEvent): Cell | undefined => {
    const found = cellAt(view, frame, placeOf(event));
    return found && { i: order[found.row]!, j: order[found.column]! };
  };
  const move = (change: (from: AtlasView) => AtlasView): void =>
    setView((before) => change(before === undefined ? fitted(frame) : within(before, frame)));
  const pointers = useMapPointers(canvas, {
    placeOf,
    onDrag: (dx, dy) => move((from) => panned(from, dx, dy, frame)),
    onPinch: (before, after) => move((from) => pinched(from, before, after, frame)),
    onWheel: (factor, place) => move((from) => zoomed(from, factor, place, frame)),
  });
  const onPointerMove = (event: PointerEvent): void => {
    if (pointers.move(event)) return;
    if (event.pointerType === "mouse") onPoint(factsAt(event));
  };
  const onPointerUp = (event: PointerEvent): void => {
    const found = pointers.end(event) ? factsAt(event) : undefined;
    if (found === undefined) return;
    onPoint(found);
    if (found.i !== found.j) onChoose(found);
  };
  const zoomBy = (factor: number): void => {
    const here = at(cell);
    const middle = here
      ? { x: (here.column + 0.5 - view.x) * view.scale, y: (here.row + 0.5 - view.y) * view.scale }
      : { x: frame.width / 2, y: frame.height / 2 };
    setView(zoomed(view, factor, middle, frame));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = at(cell) ?? at(pair) ?? { row: 0, column: Math.min(1, n - 1) };
    const to = cellByKey(event.key, from, n);
    if (to !== undefined) {
      onPoint({ i: order[to.row]!, j: order[to.column]! });
      setView(revealing(view, to, frame));
    } else if (event.key === "Enter" && cell !== undefined && cell.i !== cell.j) onChoose(cell);
    else if (event.key === "+" || event.key === "=") zoomBy(1.5);
    else if (event.key === "-") zoomBy(1 / 1.5);
    else if (event.key === "0") setView(undefined);
    else return;
    event.preventDefault();
  };

  return (
    <div ref={box} className={styles.map}>
      <canvas
        ref={canvas}
        style={{ width, height, touchAction: isAll ? "pan-y" : "none" }}
        tabIndex={0}
        role="application"
        aria-label={`Map of the shares between ${n} facts. ${KEYS_HELP}`}
        aria-describedby="atlas-cell"
        onKeyDown={onKeyDown}
        onPointerDown={pointers.begin}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={pointers.end}
        onPointerLeave={pointers.end}
      />
      <span className={styles.zoom}>
        <button type="button" onClick={() => zoomBy(1.6)} aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => zoomBy(1 / 1.6)} aria-label="Zoom out">
          −
        </button>
        <button type="button" onClick={() => setView(undefined)} aria-label="Show all">
          all
        </button>
      </span>
    </div>
  );
}
