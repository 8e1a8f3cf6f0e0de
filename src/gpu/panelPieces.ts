/** Cuts rows of a plain matrix into panels of 8 outputs, a few megabytes at a time, whatever form they take next. */
import { invariant } from "../lib/errors";
import { packPanel, unpackPanel, wordsPerPanel } from "./packedPanels";
import { PANEL, isPacked } from "./weightLayout";
import type { WeightGeometry } from "./weightLayout";

/** What is packed in JavaScript at once, beside the values the caller holds. */
const PIECE_BYTES = 4 * 2 ** 20;

export type WeightRows = {
  geometry: WeightGeometry;
  /** What the rows are: of W (one input each) or of its transpose (one output each). */
  orientation: "inOut" | "outIn";
  firstRow: number;
  /** Row-major, whole rows. */
  values: Float32Array;
};

/** Panels firstPanel … of `rows` inputs each from `firstInput` on: [count, rows, 8]. */
export type PanelPiece = { firstPanel: number; firstInput: number; panels: Float32Array<ArrayBuffer> };

/** The rows as pieces of panels; padding is zero. */
export function panelPieces(rows: WeightRows): Generator<PanelPiece> {
  return rows.orientation === "inOut" ? fromInputs(rows) : fromOutputs(rows);
}

/** Rows of W: each panel receives a run of rows of 8. Whole matrices go several panels at a time. */
function* fromInputs({ geometry, firstRow, values }: WeightRows): Generator<PanelPiece> {
  const { inFeatures, outFeatures } = geometry;
  const rows = values.length / outFeatures;
  const panels = Math.ceil(outFeatures / PANEL);
  const together = rows === inFeatures ? Math.max(1, Math.floor(PIECE_BYTES / (4 * rows * PANEL))) : 1;
  for (let first = 0; first < panels; first += together) {
    const count = Math.min(together, panels - first);
    const packed = new Float32Array(count * rows * PANEL);
    for (let p = 0; p < count; p++) {
      const column = (first + p) * PANEL;
      const width = Math.min(PANEL, outFeatures - column);
      for (let row = 0; row < rows; row++) {
        const source = row * outFeatures + column;
        packed.set(values.subarray(source, source + width), (p * rows + row) * PANEL);
      }
    }
    yield { firstPanel: first, firstInput: firstRow, panels: packed };
  }
}

/** Rows of Wᵀ: eight of them make a panel, so a piece must start at a panel. */
function* fromOutputs({ geometry, firstRow, values }: WeightRows): Generator<PanelPiece> {
  const { inFeatures } = geometry;
  invariant(firstRow % PANEL === 0, `rows must start at a multiple of ${PANEL}, got ${firstRow}`);
  const rows = values.length / inFeatures;
  const together = Math.max(1, Math.floor(PIECE_BYTES / (4 * inFeatures * PANEL))) * PANEL;
  for (let first = 0; first < rows; first += together) {
    const count = Math.min(together, rows - first);
    const packed = new Float32Array(Math.ceil(count / PANEL) * PANEL * inFeatures);
    for (let row = 0; row < count; row++) {
      const source = (first + row) * inFeatures;
      const target = Math.floor(row / PANEL) * inFeatures * PANEL + (row % PANEL);
      for (let i = 0; i < inFeatures; i++) packed[target + i * PANEL] = values[source + i] as number;
    }
    yield { firstPanel: (firstRow + first) / PANEL, firstInput: 0, panels: packed };
  }
}

/** Words of some panels and where they begin in the weight's tensor. */
export type PackedPiece = { firstWord: number; words: Int32Array<ArrayBuffer>; exact: boolean };

/**
 * The rows packed as the geometry's layout says; each panel needs all of its inputs at once.
 * @throws AppError not-finite
 */
export function* packedPieces(rows: WeightRows): Generator<PackedPiece> {
  const { geometry } = rows;
  const { inFeatures, layout } = geometry;
  invariant(isPacked(layout), `${layout} is no packed layout`);
  const perPanel = wordsPerPanel(geometry);
  for (const { firstPanel, firstInput, panels } of panelPieces(rows)) {
    const numbers = inFeatures * PANEL;
    invariant(firstInput === 0 && panels.length % numbers === 0, "packed weights are written whole");
    const words = new Int32Array((panels.length / numbers) * perPanel);
    let exact = true;
    for (let p = 0; p * numbers < panels.length; p++) {
      const panel = panels.subarray(p * numbers, (p + 1) * numbers);
      if (!packPanel(layout, panel, words.subarray(p * perPanel, (p + 1) * perPanel))) exact = false;
    }
    yield { firstWord: firstPanel * perPanel, words, exact };
  }
}

/** W as row-major [in, out] from all of a packed weight's words. */
export function unpackRows(words: Int32Array, geometry: WeightGeometry): Float32Array {
  const { inFeatures, outFeatures, layout } = geometry;
  invariant(isPacked(layout), `${layout} is no packed layout`);
  const values = new Float32Array(inFeatures * outFeatures);
  const panel = new Float32Array(inFeatures * PANEL);
  const perPanel = wordsPerPanel(geometry);
  for (let column = 0; column < outFeatures; column += PANEL) {
    const at = (column / PANEL) * perPanel;
    unpackPanel(layout, words.subarray(at, at + perPanel), panel);
    const width = Math.min(PANEL, outFeatures - column);
    for (let row = 0; row < inFeatures; row++) {
      values.set(panel.subarray(row * PANEL, row * PANEL + width), row * outFeatures + column);
    }
  }
  return values;
}
