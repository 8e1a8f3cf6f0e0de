/** A layer sweep as files: one line per layer, and a drawing that stands alone. Pure. */
import type { SweepResult } from "../../domain/trials";
import { SvgPicture } from "../../lib/charts/svgPicture";
import type { Scheme } from "../../lib/heatmap/colour";
import { doneLayers, SERIES, type TraceCurve } from "./sweepSentence";

const COLOURS = {
  light: { rewrite: "#bf430b", paraphrase: "#bf430b", neighbourhood: "#24704a", trace: "#5b3a9e" },
  dark: { rewrite: "#ff9c55", paraphrase: "#ff9c55", neighbourhood: "#77c99a", trace: "#bba4f2" },
} as const;

const number = (value: number | undefined): string =>
  value === undefined ? "" : String(Number(value.toPrecision(5)));

export function sweepCsv({ layers }: SweepResult, trace: TraceCurve | undefined): string {
  const rows = layers.map((one) => {
    const cells = SERIES.map(({ kind }) => (one.status === "done" ? number(one.scores[kind]?.p) : ""));
    const fault = one.status === "done" ? "" : `"${one.error.message.replaceAll('"', '""')}"`;
    return [one.layer, ...cells, number(trace?.[one.layer]), fault].join(",");
  });
  return `${["layer,rewrite_p,paraphrase_p,neighbourhood_p,trace_p,error", ...rows].join("\n")}\n`;
}

const BOX = { left: 52, width: 560, height: 240 } as const;

export function sweepSvg(
  result: SweepResult,
  trace: TraceCurve | undefined,
  sentence: string,
  scheme: Scheme,
): string {
  const picture = new SvgPicture(BOX.left + BOX.width + 190, sentence, scheme);
  const top = picture.top + 8;
  const last = Math.max(1, ...result.layers.map(({ layer }) => layer));
  const at = (layer: number, p: number): [number, number] => [
    BOX.left + (BOX.width * layer) / last,
    top + BOX.height * (1 - p),
  ];
  for (const p of [0, 0.5, 1]) {
    const [, y] = at(0, p);
    picture.line([at(0, p), at(last, p)], picture.ink, ' stroke-opacity="0.2"');
    picture.text(BOX.left - 8, y + 4, "end", String(p));
  }
  for (const { layer } of result.layers) {
    const [x] = at(layer, 0);
    picture.text(x, top + BOX.height + 18, "middle", String(layer));
  }
  picture.text(BOX.left + BOX.width / 2, top + BOX.height + 38, "middle", "layer");
  const curves = [
    { label: "trace: restored here", kind: "trace" as const, points: pointsOf(trace) },
    ...SERIES.map(({ kind, label }) => ({
      label,
      kind,
      points: doneLayers(result).flatMap(({ layer, scores }) => {
        const score = scores[kind];
        return score === null ? [] : [[layer, score.p] as const];
      }),
    })),
  ];
  for (const [index, { label, kind, points }] of curves
    .filter((curve) => curve.points.length > 0)
    .entries()) {
    const dash = kind === "paraphrase" ? ' stroke-dasharray="6 4"' : "";
    const colour = COLOURS[scheme][kind];
    picture.line(points.map(([layer, p]) => at(layer, p)), colour, ` stroke-width="2"${dash}`); // prettier-ignore
    const y = top + 12 + 20 * index;
    const x = BOX.left + BOX.width + 16;
    picture.line([[x, y - 4], [x + 20, y - 4]], colour, ` stroke-width="2"${dash}`); // prettier-ignore
    picture.text(x + 26, y, "start", label);
  }
  return picture.finish(top + BOX.height + 52);
}

const pointsOf = (trace: TraceCurve | undefined): (readonly [number, number])[] =>
  (trace ?? []).flatMap((p, layer) => (p === undefined ? [] : [[layer, p] as const]));
