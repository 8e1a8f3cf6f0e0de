/** Superposition as tables: one line per layer, or one per pair of facts. CSV that no spreadsheet runs. Pure. */
import type { Fact, SuperpositionResult } from "../../domain/superposition";
import { csvText } from "../heatmap/heatmapFiles";

const lines = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((row) => `${row.join(",")}\r\n`).join("");

/** One line per layer. */
export function layersCsv({ layers }: SuperpositionResult): string {
  const header = "layer,kurtosis,kurtosis_without_extremes,extremes,mean,std,min,max,median,median_angle_whitened,median_angle_raw,tokens,condition,ridge"; // prettier-ignore
  return lines([
    [header],
    ...layers.map(({ layer, interference: p, angles, moment }) => [
      ...[
        layer,
        p.kurtosis,
        p.extreme.kurtosisWithout,
        p.extreme.count,
        p.mean,
        p.std,
        p.min,
        p.max,
        p.median,
      ],
      ...[angles.whitening.median, angles.activation.median, moment.tokens, moment.condition, moment.ridge],
    ]),
  ]);
}

/** The strongest pairs of every layer; facts by their place in the list, from 0. */
export function pairsCsv({ layers, kept }: SuperpositionResult, facts: readonly Fact[]): string {
  const header =
    "layer,edited,edited_subject,edited_prompt,other,other_subject,other_prompt,p,cosine_whitened,cosine_raw";
  const named = (place: number) => {
    const index = kept[place]!;
    const { subject, prompt } = facts[index]!;
    return [index, csvText(subject), csvText(prompt)];
  };
  return lines([
    [header],
    ...layers.flatMap(({ layer, pairs }) =>
      pairs.map(({ i, j, p, whiteningCosine, activationCosine }) => [
        layer,
        ...named(i),
        ...named(j),
        ...[p, whiteningCosine, activationCosine],
      ]),
    ),
  ]);
}
