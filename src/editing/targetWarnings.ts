/** What the user should know of targets that were not reached. */
import type { EditRequest } from "../domain/edit";
import type { OptimisedTarget } from "./targets";

/** Beyond this many a list helps nobody. */
const MOST_NAMED = 5;

/** One sentence for each of the first few requests whose answer stayed improbable, and one for the rest. */
export function targetWarnings(
  requests: readonly EditRequest[],
  { earlyStopLoss }: { earlyStopLoss: number },
  targets: readonly OptimisedTarget[],
): string[] {
  const missed = targets.flatMap(({ steps }, index) => {
    const last = steps.at(-1)!;
    return last.total >= earlyStopLoss && last.targetProbability < 0.5 ? [{ index, last, steps }] : [];
  });
  const sentences = missed.slice(0, MOST_NAMED).map(({ index, last, steps }) => {
    const reached = `${(100 * last.targetProbability).toFixed(1)} %`;
    return (
      `The optimisation did not reach “${requests[index]!.targetNew}”: its probability is ${reached} after ` +
      `${steps.length} passes. Try more steps, other layers, or a larger clampNormFactor.`
    );
  });
  const rest = missed.length - sentences.length;
  return rest > 0 ? [...sentences, `${rest} more targets were not reached.`] : sentences;
}
