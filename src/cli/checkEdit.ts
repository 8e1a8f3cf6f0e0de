/** `edit --check FACTS`: what the newest edit did to a list of facts, predicted and measured, and to their answers. */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { EditResult } from "../domain/edit";
import type { Fact, InterferenceCheck } from "../domain/superposition";
import { scatterPicture, type ScatterPanel } from "../lib/charts/scatterPicture";
import { readFacts } from "../lib/facts/readFacts";
import type { CommandContext } from "./command";
import { namedFaults } from "./namedFaults";
import { readInput } from "./openModel";
import { printable, probability } from "./table";

export const readCheckedFacts = async (path: string): Promise<Fact[]> =>
  readFacts(new TextDecoder().decode(await readInput(path)), basename(path));

/** The result's own fields and lines. The picture goes to `svg`, where one is wanted. */
export async function check(
  { editId, requests }: Pick<EditResult, "editId" | "requests">,
  facts: readonly Fact[],
  svg: string | undefined,
  { lab, call }: CommandContext,
): Promise<{ json: InterferenceCheck; text: string }> {
  const json = await lab.checkInterference({ id: editId, facts }, call);
  const edited = new Set(requests.map(({ subject }) => subject));
  const others = followed(json, facts).filter(({ fact }) => !edited.has(fact.subject));
  const found = [...agreement(json), answers(others)];
  if (svg !== undefined) await writeFile(svg, picture(json, others, found.join(" ")));
  return { json, text: [...found, ...namedFaults(json, facts)].join("\n") };
}

function agreement({ layers }: InterferenceCheck): string[] {
  if (layers.length === 0)
    return ["No MLP output projection was changed, so nothing is predicted from keys."];
  return layers.map(
    ({ layer, facts, relativeError }) =>
      `Layer ${layer}: predicted and measured change of ${facts.length} facts agree to ${relativeError.toExponential(1)} relative.`,
  );
}

type Followed = { fact: Fact; before: number; after: number };

/** Facts whose answer is known, with what became of it. */
function followed({ kept, probabilities }: InterferenceCheck, facts: readonly Fact[]): Followed[] {
  return probabilities.flatMap(({ before, after }, at) =>
    before === null || after === null ? [] : [{ fact: facts[kept[at]!]!, before, after }],
  );
}

/** Of all but the edited ones, whose answers were meant to change. */
function answers(others: readonly Followed[]): string {
  if (others.length === 0) return "No other fact names an answer whose probability could be followed.";
  const mean = others.reduce((sum, { before, after }) => sum + after - before, 0) / others.length;
  const worst = others.reduce((a, b) => (b.after - b.before < a.after - a.before ? b : a));
  const { prompt, subject } = worst.fact;
  const name = printable(prompt.replace("{}", () => subject));
  return `The answers of ${others.length} other facts changed by ${mean.toFixed(4)} on average; the largest loss is “${name}”: p ${probability(worst.before)} → ${probability(worst.after)}.`;
}

function picture(result: InterferenceCheck, others: readonly Followed[], sentence: string): string {
  const changes = result.layers.flatMap(({ facts }) =>
    facts.map(({ predicted, measured }) => [predicted, measured] as const),
  );
  const shares = others.map(({ before, after }) => [before, after] as const);
  const panels: ScatterPanel[] = [
    { points: changes, xName: "predicted change |dW k|", yName: "measured", hue: "state" },
    { points: shares, xName: "p of each other fact's answer before", yName: "after", hue: "attention" },
  ];
  return scatterPicture(
    panels.filter(({ points }) => points.length > 0),
    sentence,
  );
}
