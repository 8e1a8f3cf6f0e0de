/** What half precision costs: ROME edits made with the shipped second moments against the same with float64 ones. */
import { computeEdit } from "../../src/editing/computeEdit";
import { collectStatistics, type Statistics } from "../../src/editing/statistics";
import { norm, relativeDifference } from "../../src/linalg/norms";
import { drawKnown, fill } from "./factList";
import { romeCases, type RomeCase } from "./romeScores";
import { scoreAnswers } from "../../src/evaluation/probes";
import type { Shipped } from "./openShipped";

export type StatisticsPrecision = {
  layer: number;
  tokens: number;
  condition: number;
  /** ‖C − C'‖ / ‖C‖. */
  moment: number;
  /** Per edit: cosine of the two update directions u, and p(new answer) after each. */
  edits: { subject: string; cosine: number; shipped: number; exact: number }[];
};

const SEED = 3;
const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

/** `texts`: the corpus that the shipped statistics were made from. */
export async function statisticsPrecision(
  shipped: Shipped,
  layer: number,
  texts: readonly string[],
  edits: number,
): Promise<StatisticsPrecision> {
  const { model, facts } = shipped;
  const exact = await collectStatistics(model, { layers: [layer], texts }, QUIET);
  const packed = await shipped.statistics(layer);
  const moments = [packed, exact].map(({ layers }) => layers.get(layer)!);
  const cases = romeCases(facts, drawKnown(facts, edits, SEED), SEED);
  const rows: StatisticsPrecision["edits"] = [];
  for (const one of cases) {
    const half = await edited(shipped, one, packed);
    const whole = await edited(shipped, one, exact);
    const dot = half.direction.reduce((sum, value, i) => sum + value * whole.direction[i]!, 0);
    const cosine = dot / (norm(half.direction) * norm(whole.direction));
    rows.push({ subject: one.fact.subject, cosine, shipped: half.p, exact: whole.p });
  }
  return {
    layer,
    tokens: moments[1]!.tokens,
    condition: moments[0]!.factor!.condition,
    moment: relativeDifference(moments[0]!.values, moments[1]!.values),
    edits: rows,
  };
}

async function edited(
  { model, stack, prepared }: Shipped,
  { fact, request }: RomeCase,
  statistics: Statistics,
): Promise<{ direction: Float32Array; p: number }> {
  const call = { method: "ROME" as const, requests: [request], settings: {}, seed: 1 };
  const { edit } = await computeEdit(model, call, {
    ...QUIET,
    contexts: prepared.contexts.templates,
    statistics,
  });
  const [update] = edit.updates;
  if (update?.kind !== "lowRank") throw new Error("ROME gives one low-rank update");
  const id = await stack.add(edit);
  const [score] = await scoreAnswers(model, [
    { prompt: fill(request.prompt, fact.subject), answer: request.targetNew },
  ]);
  await stack.remove(id);
  return { direction: update.v, p: score!.p };
}
