/**
 * A model under many edits: what is left of the edits, of untouched facts and of neighbours by the number of edits; and
 * below it why: retention by age, interference predicted and measured, growth of the weights and of perplexity. Pure.
 */
import type { AnswerMeans, LifelongPoint } from "../../domain/lifelong";
import { colourOf, type Scheme } from "../heatmap/colour";
import { axisTicks } from "./axisTicks";
import { drawLines, type LinesPanel } from "./linesPanel";
import { SvgPicture } from "./svgPicture";

const SIZE = { left: 56, width: 560, height: 260, legend: 18 } as const;

type Curve = {
  name: string;
  of: (point: LifelongPoint) => AnswerMeans | null;
  stroke: string;
  style: string;
};

export function lifelongPicture(
  points: readonly LifelongPoint[],
  sentence: string,
  scheme: Scheme = "light",
): string {
  const picture = new SvgPicture(SIZE.left + SIZE.width + 24, sentence, scheme);
  const most = Math.max(1, points.at(-1)?.edits ?? 1);
  const x = (edits: number): number => SIZE.left + (edits / most) * SIZE.width;
  const y = (p: number): number => picture.top + SIZE.height * (1 - p);
  const foot = picture.top + SIZE.height;
  for (const tick of axisTicks(0, 1)) picture.text(SIZE.left - 6, y(tick) + 4, "end", String(tick));
  for (const tick of axisTicks(0, most)) picture.text(x(tick), foot + 16, "middle", String(tick));
  picture.line([[SIZE.left, foot], [SIZE.left + SIZE.width, foot]], picture.ink); // prettier-ignore
  // What nobody asked has no line, and no name below.
  const shown = curves(picture, scheme).filter(({ of }) => points.some((point) => of(point) !== null));
  shown.forEach(({ name, of, stroke, style }, at) => {
    const line = points.flatMap((point) => {
      const means = of(point);
      return means ? [[x(point.edits), y(means.p)] as const] : [];
    });
    picture.line(line, stroke, style);
    const legend = foot + 38 + at * SIZE.legend;
    picture.line([[SIZE.left, legend - 4], [SIZE.left + 28, legend - 4]], stroke, style); // prettier-ignore
    picture.text(SIZE.left + 36, legend, "start", name);
  });
  return picture.finish(drawReasons(picture, foot + 50 + shown.length * SIZE.legend, points, scheme));
}

/** One small chart per reason that has anything to show. Returns where the last one ends. */
function drawReasons(
  picture: SvgPicture,
  top: number,
  points: readonly LifelongPoint[],
  scheme: Scheme,
): number {
  const shown = reasonsOf(points, scheme).filter(({ lines }) => lines.some((line) => line.points.length > 1));
  return shown.reduce((end, reason) => drawLines(picture, end, reason), top);
}

function reasonsOf(points: readonly LifelongPoint[], scheme: Scheme): LinesPanel[] {
  const hue = (name: "state" | "mlp" | "attention"): string => colourOf(0.9, name, false, scheme);
  const solid = ' stroke-width="2"';
  const dashed = ' stroke-width="1.5" stroke-dasharray="6 3"';
  const last = points.at(-1);
  const along = (of: (point: LifelongPoint) => number | undefined) =>
    points.flatMap((point) => {
      const value = of(point);
      return value === undefined || !Number.isFinite(value) ? [] : [[point.edits, value] as const];
    });
  const sum = (which: "predicted" | "measured") =>
    along(({ edits, interference: { untouched } }) =>
      edits > 0 && untouched.length === 0
        ? undefined
        : untouched.reduce((total, layer) => total + layer[which], 0),
    );
  const age = (last?.retention ?? []).map(({ from, p }) => [last!.edits - from, p] as const).reverse();
  return [
    { title: "Retention: new answers by edits written since", xName: "edits since", lines: [
      { name: "mean probability", points: age, stroke: hue("state"), style: solid },
    ] },
    { title: "Change of the output at untouched facts", xName: "edits", lines: [
      { name: "measured", points: sum("measured"), stroke: hue("attention"), style: solid },
      { name: "predicted: sum of all edits' shares", points: sum("predicted"), stroke: hue("state"), style: dashed },
    ] },
    { title: "Growth", xName: "edits", lines: [
      { name: "perplexity of held text, as a multiple", points: along(({ perplexity }) => perplexity ? perplexity.now / perplexity.base : undefined), stroke: hue("attention"), style: solid },
      { name: "largest |W - W0| / |W0|", points: along(({ norms }) => Math.max(0, ...norms.map(({ relativeChange }) => relativeChange))), stroke: hue("mlp"), style: dashed },
    ] },
  ]; // prettier-ignore
}

/** Differ in dashes as well as in hue. */
const curves = (picture: SvgPicture, scheme: Scheme): Curve[] => [
  { name: "all edits so far", of: ({ efficacy }) => efficacy, stroke: colourOf(0.9, "state", false, scheme), style: ' stroke-width="2"' },
  { name: "the oldest edits", of: ({ retention }) => retention[0] ?? null, stroke: colourOf(0.6, "state", false, scheme), style: ' stroke-width="1.5" stroke-dasharray="6 3"' },
  { name: "paraphrases", of: ({ paraphrases }) => paraphrases, stroke: colourOf(0.9, "attention", false, scheme), style: ' stroke-width="1.5" stroke-dasharray="2 3"' },
  { name: "neighbours", of: ({ neighbourhood }) => neighbourhood, stroke: colourOf(0.9, "mlp", false, scheme), style: ' stroke-width="1.5" stroke-dasharray="8 3 2 3"' },
  { name: "untouched facts", of: ({ untouched }) => untouched, stroke: picture.ink, style: ' stroke-width="1.5"' },
]; // prettier-ignore
