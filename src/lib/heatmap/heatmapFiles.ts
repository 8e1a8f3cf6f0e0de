/** A heatmap as files: CSV that no spreadsheet runs, JSON with what is needed to repeat it, SVG. Pure. */
import type { Heatmap } from "./heatmap";
import { visibleString } from "../visibleText";
import { colourOf, position, type Hue, type Scheme } from "./colour";
import { scaleOf } from "./heatmapScale";

/** Text out of a model on one line, with what hides or reorders spelled out: tab, return and line feed too. */
const oneLine = (text: string): string => visibleString(text, "none").replaceAll("\n", "⏎");

/**
 * A text cell, quoted. What a spreadsheet would run as a formula (its first character says so, in full width too) gets
 * an apostrophe in front; spaces before it do not protect, some programs strip them. Numbers go in as numbers.
 */
export function csvText(text: string): string {
  const line = oneLine(text);
  const safe = /^\s*[=+\-@＝＋－＠]/u.test(line) ? `'${line}` : line;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** One line per cell: position, token, whether it is the subject, layer, score, spread. */
export function toCsv(heatmap: Heatmap): string {
  const { tokens, subject, scores, spread } = heatmap;
  const lines = ["position,token,subject,layer,score,spread"];
  scores.forEach((row, token) =>
    row?.forEach((score, layer) => {
      const text = csvText(tokens[token]?.text ?? "");
      const inSubject = token >= subject.start && token < subject.end;
      lines.push([token, text, inSubject, layer, score, spread[token]?.[layer] ?? ""].join(","));
    }),
  );
  return `${lines.join("\r\n")}\r\n`;
}

/** Text for an SVG: neither markup nor characters that XML does not have. */
export const escapeXml = (text: string): string =>
  oneLine(text).replace(/[&<>"']/gu, (character) => `&#${character.codePointAt(0)};`);

const SIZE = { label: 120, width: 46, height: 26, head: 20, line: 20, foot: 64, gap: 2 } as const;

/** The mean width of a letter of the sentence, in pixels; SVG itself does not break lines. */
const LETTER = 7;

export function breakLines(sentence: string, width: number): string[] {
  const lines = [""];
  for (const word of sentence.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && (line.length + 1 + word.length) * LETTER > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

/** A picture that stands alone: labels, subject marks, axis, legend and the sentence. */
export function toSvg(heatmap: Heatmap, hue: Hue, sentence: string, scheme: Scheme): string {
  const { tokens, subject, scores, layers } = heatmap;
  const scale = scaleOf(heatmap);
  const ink = scheme === "light" ? "#1d1a16" : "#efe9dd";
  const paper = scheme === "light" ? "#fffdf8" : "#1e1b17";
  const width = Math.max(420, SIZE.label + layers * SIZE.width + 16);
  const lines = breakLines(sentence, width - 24);
  const head = SIZE.head + lines.length * SIZE.line;
  const height = head + tokens.length * SIZE.height + SIZE.foot;
  const parts: string[] = [];
  const text = (x: number, y: number, anchor: string, words: string, style = ""): void => {
    parts.push(`<text x="${x}" y="${y}" text-anchor="${anchor}"${style}>${escapeXml(words)}</text>`);
  };

  lines.forEach((line, index) => {
    text(12, 24 + index * SIZE.line, "start", line, ' font-family="serif" font-size="14"');
  });
  tokens.forEach((token, row) => {
    const y = head + row * SIZE.height;
    const isSubject = row >= subject.start && row < subject.end;
    const label = visibleString(token.text, "all") + (isSubject ? "*" : "");
    text(SIZE.label - 8, y + 17, "end", label, isSubject ? ' font-weight="bold"' : "");
    scores[row]?.forEach((score, layer) => {
      const colour = colourOf(position(scale, score), hue, scale.isDifference, scheme);
      const x = SIZE.label + layer * SIZE.width;
      parts.push(
        `<rect x="${x}" y="${y}" width="${SIZE.width - SIZE.gap}" height="${SIZE.height - SIZE.gap}" fill="${colour}"/>`,
      );
    });
  });
  const foot = head + tokens.length * SIZE.height;
  for (let layer = 0; layer < layers; layer++) {
    text(SIZE.label + (layer + 0.5) * SIZE.width - 1, foot + 14, "middle", String(layer));
  }
  const legend = heatmap.isDifference
    ? `layer · change of p from −${scale.all.toFixed(2)} (blue) to +${scale.all.toFixed(2)} (orange)`
    : `layer · p from ${heatmap.corrupted.toFixed(3)} (corrupted) to ${heatmap.clean.toFixed(3)} (clean)`;
  text(12, foot + 42, "start", legend);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="monospace" font-size="12" fill="${ink}"><rect width="100%" height="100%" fill="${paper}"/>`,
    `${parts.join("")}</svg>`,
  ].join("");
}
