/** Rows of a measuring run as tables in Markdown and as pictures; nothing here is typed in by hand. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inverseFrequencies, tfidfSimilarity } from "../../../src/evaluation/metrics/tfidf";
import { longTargetsPicture, type LongTargetSeries } from "../../../src/lib/charts/longTargetsPicture";
import { rowsOf, type LongRecord, type LongRow } from "./run";

/** Map.groupBy, which Node 20 does not have. */
function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

export type Table = { variant: string; texts: number; cells: Record<string, number> };

/** Texts that every one of the variants has, so that methods are compared on the same ones. */
export function commonRows(rows: readonly LongRow[], variants: readonly string[]): LongRow[] {
  const byText = groupBy(rows, ({ id }) => id);
  return [...byText.values()].filter((own) => variants.every((variant) => own.some((row) => row.variant === variant))).flat(); // prettier-ignore
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Means over texts. `similarity`: cosine of word weights (TF-IDF over all answers) of the greedy text and the answer. */
export function tableOf(rows: readonly LongRow[], records: readonly LongRecord[]): Table[] {
  const frequencies = inverseFrequencies(records.map(({ answer }) => answer));
  const answers = new Map(records.map(({ id, answer }) => [id, answer]));
  // Rows of texts that may not be kept have no greedy text; the oldest of them no similarity either.
  const similarityOf = ({ id, greedy, similarity }: LongRow): number | undefined =>
    similarity ??
    (greedy === undefined ? undefined : (tfidfSimilarity(answers.get(id) ?? "", greedy, frequencies) ?? 0));
  return [...groupBy(rows, ({ variant }) => variant)].map(([variant, own]) => {
    const mean = (value: (row: LongRow) => number): number => meanOf(own.map(value));
    return {
      variant,
      texts: own.length,
      cells: {
        nll: mean(({ nll }) => nll),
        argmax: mean(({ argmax }) => argmax),
        rougeL: mean(({ rougeL }) => rougeL),
        bleu: mean(({ bleu }) => bleu),
        similarity: meanOf(own.flatMap((row) => similarityOf(row) ?? [])),
        whole: mean(({ divergence, tokens }) => Number(divergence >= tokens)),
        perplexity: Math.exp(mean(({ perplexity }) => Math.log(perplexity))),
      },
    };
  });
}

const HEADER = [
  "",
  "texts",
  "mean NLL",
  "argmax",
  "ROUGE-L",
  "BLEU",
  "similarity",
  "word for word",
  "perplexity",
];

export function markdown(tables: readonly Table[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rows = tables.map(({ variant, texts, cells }) => [variant, String(texts), ...Object.values(cells).map((value) => value.toFixed(2))]); // prettier-ignore
  return [line(HEADER), line(HEADER.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Writes length.svg and probability.svg into `folder`, and returns the tables: over all texts, and by their form. */
export function summarise(
  file: string,
  records: readonly LongRecord[],
  folder: string | undefined,
  variants: readonly string[],
): string {
  const rows = commonRows(rowsOf(file), variants).filter(({ variant }) => variants.includes(variant));
  const texts = new Set(rows.map(({ id }) => id)).size;
  if (folder !== undefined) {
    const before = new Map(rows.filter(({ variant }) => variant === "before").map((row) => [row.id, row]));
    const series = (x: (row: LongRow) => number): LongTargetSeries[] =>
      variants.map((method) => ({
        method,
        points: rows.filter(({ variant }) => variant === method).map((row) => ({ name: row.id, x: x(row), y: row.rougeL })), // prettier-ignore
      }));
    const words = `ROUGE-L of the greedy text for ${texts} long answers`;
    writeFileSync(join(folder, "length.svg"), longTargetsPicture(series(({ tokens }) => tokens), `${words}, by their length`, "tokens of the answer")); // prettier-ignore
    writeFileSync(join(folder, "probability.svg"), longTargetsPicture(series(({ id }) => before.get(id)!.nll), `${words}, by their mean −log p per token before the edit`, "mean −log p before, in nats")); // prettier-ignore
  }
  const forms = [...groupBy(rows, ({ form }) => form)].map(([form, own]) => `**${form}**\n\n${markdown(tableOf(own, records))}`); // prettier-ignore
  const hashes = [...new Set(rows.map(({ modelHash }) => modelHash))].join(", ");
  return [`Model hash ${hashes}.`, markdown(tableOf(rows, records)), ...forms].join("\n\n");
}
