/**
 * Texts whose perplexity tells whether a model still writes as before: a fixed, spread-out draw of lines, the same for
 * every edit and every run. Where a model brings a sample of its training text, the lines are from there.
 */

/** Predicted tokens that are enough for a steady number and few enough for a second's work on the embedded model. */
export const HELD_LINES = 24;

/** `count` lines at even distances; all of them where there are no more. Empty lines do not count. */
export function heldTexts(lines: readonly string[], count: number = HELD_LINES): string[] {
  const full = lines.map((line) => line.trim()).filter((line) => line !== "");
  if (full.length <= count) return full;
  return Array.from({ length: count }, (_, at) => full[Math.floor(((at + 0.5) * full.length) / count)]!);
}
