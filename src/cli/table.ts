/** Plain text tables for people: columns padded to their widest cell, numbers to the right. */

export type Cell = string | number;

/** Control and bidi characters of model text would move a terminal's cursor; they are shown as escapes. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (character) => {
      const code = character.charCodeAt(0);
      return code < 256
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
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
