/** The one sentence above the heatmap, with its numbers: also what a screen reader hears first. Pure. */
import { peakOf, type Cell, type Heatmap } from "../../lib/heatmap/heatmap";
import type { TraceSettings, TraceView } from "../../store/traceStore";
import { percent, points } from "../ui/numbers";

/** A sentence in pieces: plain words, and words of the prompt or the model that are set apart. */
export type Sentence = readonly (string | { quoted: string })[];

/** A smaller drop than this, relative to the clean run, makes a trace hard to read. */
const LEAST_DROP = 0.15;

/** The layers that a window restores together (ROME's `causal_trace`). */
export function windowLayers(layer: number, window: number, layers: number): { first: number; last: number } {
  return {
    first: Math.max(0, layer - Math.floor(window / 2)),
    last: Math.min(layers, layer + Math.ceil(window / 2)) - 1,
  };
}

/** The strongest cell before the last token, where the answer is read out anyway. */
function tellingPeak(heatmap: Heatmap): (Cell & { score: number }) | undefined {
  const body = { ...heatmap, scores: heatmap.scores.slice(0, -1) };
  return peakOf(body) ?? peakOf(heatmap);
}

/** A token as the reader knows it: the whole word, or the piece and the word it belongs to. */
function placeOf(tokens: Heatmap["tokens"], position: number): Sentence {
  const startsWord = (at: number): boolean => at <= 0 || /^\s/u.test(tokens[at]?.text ?? " ");
  let first = position;
  let end = position + 1;
  while (!startsWord(first)) first--;
  while (end < tokens.length && !startsWord(end)) end++;
  const piece = tokens[position]?.text.trim() ?? "";
  const word = tokens
    .slice(first, end)
    .map(({ text }) => text)
    .join("")
    .trim();
  if (piece === word || piece === "") return [{ quoted: word }];
  return [position === end - 1 ? "the end of " : "a piece of ", { quoted: word }];
}

function whatIsRestored(view: TraceView, layer: number, window: number, layers: number): string {
  if (view !== "mlp" && view !== "attention") return `layer ${layer}`;
  const { first, last } = windowLayers(layer, window, layers);
  const module = view === "mlp" ? "the MLPs" : "the attention";
  return first === last ? `${module} of layer ${first}` : `${module} of layers ${first}–${last}`;
}

export function traceSentence(
  heatmap: Heatmap,
  view: TraceView,
  settings: Pick<TraceSettings, "window" | "sever">,
): Sentence {
  const peak = tellingPeak(heatmap);
  if (peak === undefined) return [];
  const { clean, corrupted, tokens, layers } = heatmap;
  const answer = { quoted: heatmap.answer.trim() || "the answer" };
  const place = placeOf(tokens, peak.token);

  if (heatmap.isDifference) {
    const more = peak.score >= 0 ? "more" : "less";
    const size = points(Math.abs(peak.score)).slice(1);
    return [
      "Since the edit, restoring layer ",
      `${peak.layer} at `,
      ...place,
      " gives ",
      answer,
      ` ${size} points ${more} than before.`,
    ];
  }
  if (clean - corrupted < LEAST_DROP * clean) {
    return [
      "Noise on the subject hardly changes ",
      answer,
      ` (${percent(clean)} → ${percent(corrupted)}), so this trace tells little.`,
    ];
  }
  const cut = view === "severed" ? ` with ${settings.sever === "mlp" ? "MLPs" : "attention"} cut off` : "";
  const what = whatIsRestored(view, peak.layer, settings.window, layers);
  return [
    `Restoring ${what} at `,
    ...place,
    `${cut} brings `,
    answer,
    ` back from ${percent(corrupted)} to ${percent(peak.score)}; the clean run gives ${percent(clean)}.`,
  ];
}

export function sentenceText(sentence: Sentence): string {
  return sentence.map((piece) => (typeof piece === "string" ? piece : piece.quoted)).join("");
}
