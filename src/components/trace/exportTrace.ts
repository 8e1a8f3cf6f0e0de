/** Writes the shown heatmap as a file of the kind asked for. */
import type { ShownTrace } from "../../store/traceStore";
import type { Scheme } from "../../lib/heatmap/colour";
import { download, fileNameFrom, svgToPng } from "../charts/download";
import { toCsv, toSvg } from "../../lib/heatmap/heatmapFiles";
import { sentenceText, traceSentence } from "../charts/traceSentence";
import type { TracePicture } from "./useTracePicture";

export type ExportKind = "png" | "svg" | "csv" | "json";

export const EXPORTS: readonly { kind: ExportKind; label: string }[] = [
  { kind: "png", label: "Picture (PNG)" },
  { kind: "svg", label: "Drawing (SVG)" },
  { kind: "csv", label: "Table (CSV)" },
  { kind: "json", label: "Everything (JSON)" },
];

export async function exportTrace(
  kind: ExportKind,
  picture: TracePicture,
  shown: ShownTrace | undefined,
  scheme: Scheme,
): Promise<void> {
  const { heatmap, hue, view, settings } = picture;
  const sentence = sentenceText(traceSentence(heatmap, view, settings));
  const words = heatmap.tokens.map(({ text }) => text).join("");
  const name = fileNameFrom(`${words} ${view}`, kind);
  if (kind === "csv") return download(name, toCsv(heatmap), "text/csv");
  if (kind === "json")
    return download(name, JSON.stringify({ sentence, ...shown }, null, 2), "application/json");
  const svg = toSvg(heatmap, hue, sentence, scheme);
  if (kind === "svg") return download(name, svg, "image/svg+xml");
  download(name, await svgToPng(svg), "image/png");
}
