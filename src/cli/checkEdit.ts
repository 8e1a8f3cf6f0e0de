/** `edit --check FACTS`: what the newest edit did to a list of facts, predicted and measured, and to their answers. */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Fact, InterferenceCheck } from "../domain/superposition";
import { scatterPicture } from "../lib/charts/scatterPicture";
import { readFacts } from "../lib/facts/readFacts";
import type { CommandContext } from "./command";
import { namedFaults } from "./namedFaults";
import { readInput } from "./openModel";
import { printable, probability } from "./table";

export const readCheckedFacts = async (path: string): Promise<Fact[]> =>
  readFacts(new TextDecoder().decode(await readInput(path)), basename(path));

/** The result's own fields and lines. The picture goes to `svg`, where one is wanted. */
export async function check(
  editId: string,
  facts: readonly Fact[],
  svg: string | undefined,
  { lab, call }: CommandContext,
): Promise<{ json: InterferenceCheck; text: string }> {
  const json = await lab.checkInterference({ id: editId, facts }, call);
  const lines = [...agreement(json), ...answers(json, facts), ...namedFaults(json, facts)];
  if (svg !== undefined) await writeFile(svg, picture(json, lines.join(" ")));
  return { json, text: lines.join("\n") };
}

function agreement({ layers }: InterferenceCheck): string[] {
  if (layers.length === 0)
    return ["No MLP output projection was changed, so nothing is predicted from keys."];
  return layers.map(
    ({ layer, facts, relativeError }) =>
      `Layer ${layer}: predicted and measured change of ${facts.length} facts agree to ${relativeError.toExponential(1)} relative.`,
  );
}

/** Facts whose answer is known, with what became of it. */
function followed({ kept, probabilities }: InterferenceCheck) {
  return probabilities.flatMap(({ before, after }, at) =>
    before === null || after === null ? [] : [{ place: kept[at]!, before, after }],
  );
}

function answers(result: InterferenceCheck, facts: readonly Fact[]): string[] {
  const known = followed(result);
  if (known.length === 0) return ["No fact names an answer whose probability could be followed."];
  const mean = known.reduce((sum, { before, after }) => sum + after - before, 0) / known.length;
  const worst = known.reduce((a, b) => (b.after - b.before < a.after - a.before ? b : a));
  const { prompt, subject } = facts[worst.place]!;
  const name = printable(prompt.replace("{}", () => subject));
  return [
    `The answers of ${known.length} facts changed by ${mean.toFixed(4)} on average, most at “${name}”: p ${probability(worst.before)} → ${probability(worst.after)}.`,
  ];
}

function picture(result: InterferenceCheck, sentence: string): string {
  const changes = result.layers.flatMap(({ facts }) =>
    facts.map(({ predicted, measured }) => [predicted, measured] as const),
  );
  const shares = followed(result).map(({ before, after }) => [before, after] as const);
  return scatterPicture(
    [
      { points: changes, xName: "predicted change |dW k|", yName: "measured", hue: "state" },
      { points: shares, xName: "p of each fact's answer before", yName: "after", hue: "attention" },
    ],
    sentence,
  );
}
