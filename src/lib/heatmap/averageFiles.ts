/**
 * An average trace as files: a CSV with one line per cell, and a picture with one panel per kind, all panels on one
 * scale (that of the states where they are there), as in the published figure. Pure.
 */
import type { AverageCell, TokenRole, TraceAverageResult, TraceKind } from "../../domain/trace";
import { colourOf, type Scheme } from "./colour";
import { breakLines, escapeXml } from "./heatmapFiles";

export const ROLE_NAMES: Readonly<Record<TokenRole, string>> = {
  firstSubject: "First subject token",
  middleSubject: "Middle subject tokens",
  lastSubject: "Last subject token",
  firstAfter: "First token after",
  further: "Further tokens",
  last: "Last token",
};

const KIND_NAMES: Readonly<Record<TraceKind, string>> = {
  state: "States",
  mlp: "MLP",
  attention: "Attention",
};

/** One line per kind, role and layer. */
export function toAverageCsv({ maps, roles }: TraceAverageResult): string {
  const lines = ["kind,role,layer,effect,low95,high95,score,observations"];
  for (const { kind, cells } of maps) {
    cells.forEach((row, index) =>
      row.forEach(({ effect: { mean, interval, count }, score }, layer) =>
        lines.push(
          [kind, roles[index], layer, mean, mean - interval, mean + interval, score, count].join(","),
        ),
      ),
    );
  }
  return `${lines.join("\r\n")}\r\n`;
}

const SIZE = { label: 176, width: 40, height: 24, line: 20, panelHead: 26, panelFoot: 34, gap: 2 } as const;
const INK = { light: "#1d1a16", dark: "#efe9dd" } as const;
const PAPER = { light: "#fffdf8", dark: "#1e1b17" } as const;

/** The largest effect of the states, else of whatever was traced; never zero. */
function fullScale({ maps }: TraceAverageResult): number {
  const largest = (cells: readonly (readonly AverageCell[])[]): number =>
    Math.max(1e-6, ...cells.flat().map(({ effect }) => effect.mean));
  const states = maps.find(({ kind }) => kind === "state");
  return states ? largest(states.cells) : Math.max(...maps.map(({ cells }) => largest(cells)));
}

/** One panel under the other; negative effects are drawn as none, as published. Numbers stand as titles on the cells. */
export function toAverageSvg(result: TraceAverageResult, sentence: string, scheme: Scheme): string {
  const { maps, roles, layers, window } = result;
  const all = fullScale(result);
  const width = Math.max(440, SIZE.label + layers * SIZE.width + 16);
  const lines = breakLines(sentence, width - 24);
  const panel = SIZE.panelHead + roles.length * SIZE.height + SIZE.panelFoot;
  const head = 12 + lines.length * SIZE.line;
  const height = head + maps.length * panel + 30;
  const parts: string[] = [];
  const text = (x: number, y: number, anchor: string, words: string, style = ""): void => {
    parts.push(`<text x="${x}" y="${y}" text-anchor="${anchor}"${style}>${escapeXml(words)}</text>`);
  };
  lines.forEach((line, index) =>
    text(12, 24 + index * SIZE.line, "start", line, ' font-family="serif" font-size="14"'),
  );
  maps.forEach(({ kind, cells }, index) => {
    const top = head + index * panel;
    const title = kind === "state" ? KIND_NAMES.state : `${KIND_NAMES[kind]}, ${window} layers together`;
    text(SIZE.label, top + 17, "start", title, ' font-weight="bold"');
    roles.forEach((role, row) => {
      const y = top + SIZE.panelHead + row * SIZE.height;
      text(SIZE.label - 8, y + 16, "end", ROLE_NAMES[role]);
      cells[row]?.forEach(({ effect }, layer) => {
        const colour = colourOf(Math.min(1, Math.max(0, effect.mean / all)), kind, false, scheme);
        const x = SIZE.label + layer * SIZE.width;
        const size = `width="${SIZE.width - SIZE.gap}" height="${SIZE.height - SIZE.gap}"`;
        const numbers = `${effect.mean.toFixed(3)} ± ${effect.interval.toFixed(3)}`;
        parts.push(`<rect x="${x}" y="${y}" ${size} fill="${colour}"><title>${numbers}</title></rect>`);
      });
    });
    const foot = top + SIZE.panelHead + roles.length * SIZE.height;
    for (let layer = 0; layer < layers; layer++) {
      text(SIZE.label + (layer + 0.5) * SIZE.width - 1, foot + 14, "middle", String(layer));
    }
  });
  text(12, height - 12, "start", `layer · probability brought back, from 0 to ${all.toFixed(3)}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="monospace" font-size="12" fill="${INK[scheme]}"><rect width="100%" height="100%" fill="${PAPER[scheme]}"/>`,
    `${parts.join("")}</svg>`,
  ].join("");
}
