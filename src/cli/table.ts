/** Plain text tables for people: columns padded to their widest cell, numbers to the right. */

import { visibleString } from "../lib/visibleText";

export type Cell = string | number;

/** Model text on one line, with control and bidi characters as escapes: they would move a terminal's cursor. */
export function printable(text: string): string {
  return visibleString(text, "none").replaceAll("\n", "⏎");
}

/** Two significant digits for probabilities; exponents below a thousandth. */
export function probability(p: number): string {
  if (p === 0) return "0";
  return Math.abs(p) < 0.001 ? p.toExponential(1) : p.toFixed(3);
}

function width(text: string): number {
  return [...text].length;
}

/** @returns lines; the first row of `rows` is under `header`. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = header.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const texts = [header, ...rows.map((row) => row.map((cell) => printable(String(cell))))];
  const widths = header.map((_, column) => Math.max(...texts.map((row) => width(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const padding = " ".repeat(widths[column]! - width(cell));
        return numeric[column] ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd();
  return texts.map(line).join("\n");
}
