/** What the user should know of second moments before trusting what is solved with them. */
import type { Model } from "../model/model";
import type { Method } from "./methods/method";
import { factorStatistics, type Statistics } from "./statistics";

/** Fewer keys than this many times the width leave C poorly known (algorithms.md 0.6). */
export const ENOUGH_TOKENS_PER_DIMENSION = 10;
/** From this condition on half of float64's digits are gone. */
export const BADLY_CONDITIONED = 1e8;

/** A ridge that was needed, a poor condition, too few tokens: one sentence each. Throws `singular-matrix`. */
export async function statisticsWarnings(
  { solvesWithMoment }: Pick<Method, "solvesWithMoment">,
  { config }: Pick<Model, "config">,
  statistics: Statistics | undefined,
  layers: readonly number[],
): Promise<string[]> {
  const warnings: string[] = [];
  for (const layer of solvesWithMoment ? layers : []) {
    const { ridge, condition } = await factorStatistics(statistics!, layer, config.mlpWidth);
    if (ridge > 0) {
      warnings.push(
        `The second moment of layer ${layer} is singular: a ridge of ${ridge} · tr(C)/f was added to solve with it.`,
      );
    } else if (condition >= BADLY_CONDITIONED) {
      warnings.push(
        `The second moment of layer ${layer} is badly conditioned (${condition.toExponential(1)}); it was solved with as it is.`,
      );
    }
  }
  const tokens = Math.min(...layers.map((layer) => statistics?.layers.get(layer)?.tokens ?? 0));
  if (layers.length > 0 && tokens > 0 && tokens < ENOUGH_TOKENS_PER_DIMENSION * config.mlpWidth) {
    warnings.push(
      `The statistics come from ${tokens} tokens; for keys ${config.mlpWidth} wide, ten times as many as that are advisable.`,
    );
  }
  return warnings;
}
