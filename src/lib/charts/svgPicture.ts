/** The frame of a chart that stands alone: paper, ink, a sentence on top, and text that cannot become markup. Pure. */
import type { Scheme } from "../heatmap/colour";
import { breakLines, escapeXml } from "../heatmap/heatmapFiles";

const INK = { light: "#1d1a16", dark: "#efe9dd" } as const;
const PAPER = { light: "#fffdf8", dark: "#1e1b17" } as const;
const MARGIN = 12;
const LINE = 20;

export type TextAnchor = "start" | "middle" | "end";

/** Parts of a picture of a fixed width, drawn below its sentence. */
export class SvgPicture {
  readonly #width: number;
  readonly #scheme: Scheme;
  readonly #parts: string[] = [];
  /** Where the sentence ends. */
  readonly top: number;

  constructor(width: number, sentence: string, scheme: Scheme) {
    this.#width = width;
    this.#scheme = scheme;
    const lines = breakLines(sentence, width - 2 * MARGIN);
    lines.forEach((line, index) =>
      this.text(MARGIN, 24 + index * LINE, "start", line, ' font-family="serif" font-size="14"'),
    );
    this.top = MARGIN + lines.length * LINE + 8;
  }

  text(x: number, y: number, anchor: TextAnchor, words: string, style = ""): void {
    this.#parts.push(
      `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}"${style}>${escapeXml(words)}</text>`,
    );
  }

  rectangle(x: number, y: number, width: number, height: number, fill: string, title?: string): void {
    const inside = title === undefined ? "/>" : `><title>${escapeXml(title)}</title></rect>`;
    const size = `width="${short(width)}" height="${short(height)}"`;
    this.#parts.push(`<rect x="${short(x)}" y="${short(y)}" ${size} fill="${fill}"${inside}`);
  }

  line(points: readonly (readonly [number, number])[], stroke: string, style = ""): void {
    const path = points.map(([x, y]) => `${short(x)},${short(y)}`).join(" ");
    this.#parts.push(`<polyline points="${path}" fill="none" stroke="${stroke}"${style}/>`);
  }

  /** `path` in SVG's own words: numbers and commands, never text of a model. */
  shape(path: string, fill: string): void {
    this.#parts.push(`<path d="${path}" fill="${fill}"/>`);
  }

  get ink(): string {
    return INK[this.#scheme];
  }

  finish(height: number): string {
    const size = `width="${this.#width}" height="${height}" viewBox="0 0 ${this.#width} ${height}"`;
    const style = `font-family="monospace" font-size="12" fill="${this.ink}"`;
    const paper = `<rect width="100%" height="100%" fill="${PAPER[this.#scheme]}"/>`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>${paper}${this.#parts.join("")}</svg>`;
  }
}

/** Coordinates to a hundredth: finer ones only make the file longer. */
const short = (value: number): number => Math.round(value * 100) / 100;
