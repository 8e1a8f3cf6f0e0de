/** A duel as files: a table for a spreadsheet, a drawing for a paper. Pure. */
import type { DuelResult, KindScore } from "../../domain/trials";
import { SvgPicture } from "../../lib/charts/svgPicture";
import type { Scheme } from "../../lib/heatmap/colour";
import { isDone, KINDS } from "./duelSentence";

const COLOURS = {
  light: { rewrite: "#bf430b", paraphrase: "#5b3a9e", neighbourhood: "#24704a" },
  dark: { rewrite: "#ff9c55", paraphrase: "#bba4f2", neighbourhood: "#77c99a" },
} as const;

const quoted = (text: string): string => (/[",\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const cells = (score: KindScore | null): (string | number)[] =>
  score === null ? ["", "", ""] : [score.good, score.count, Number(score.p.toPrecision(4))];

/** One line per method; `p` is the mean probability of the answer that should win. */
export function duelCsv({ entries }: DuelResult): string {
  const head = KINDS.flatMap(({ kind }) => [`${kind}_good`, `${kind}_count`, `${kind}_p`]);
  const rows = entries.map((entry) => {
    const settings = JSON.stringify(entry.settings);
    if (!isDone(entry)) return [entry.method, ...head.map(() => ""), "", "", settings, entry.error.message];
    const size = Math.max(
      0,
      ...entry.updates.map(({ relativeNorm }) => relativeNorm).filter(Number.isFinite),
    );
    const scores = KINDS.flatMap(({ kind }) => cells(entry.scores[kind]));
    return [entry.method, ...scores, entry.milliseconds / 1000, Number(size.toPrecision(4)), settings, ""];
  });
  const header = ["method", ...head, "seconds", "largest_relative_norm", "settings", "error"];
  return `${[header, ...rows].map((row) => row.map((cell) => quoted(String(cell))).join(",")).join("\n")}\n`;
}

const BAR = { left: 110, width: 480, height: 12, gap: 3, group: 16 } as const;

export function duelSvg({ entries }: DuelResult, sentence: string, scheme: Scheme): string {
  const picture = new SvgPicture(BAR.left + BAR.width + 110, sentence, scheme);
  let y = picture.top + 14;
  for (const entry of entries.filter(isDone)) {
    picture.text(BAR.left - 10, y + 10, "end", entry.method);
    for (const { kind, label } of KINDS) {
      const score = entry.scores[kind];
      if (score === null) continue;
      const width = Math.max(1, BAR.width * score.p);
      picture.rectangle(BAR.left, y, width, BAR.height, COLOURS[scheme][kind], `${entry.method}, ${label}`);
      picture.text(BAR.left + BAR.width + 8, y + 10, "start", `${label} ${score.good}/${score.count}`);
      y += BAR.height + BAR.gap;
    }
    y += BAR.group;
  }
  return picture.finish(y + 6);
}
