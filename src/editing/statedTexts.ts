/** Long texts with the targets that were found for them, and what is told of these. */
import type { NamedTensor } from "../domain/edit";
import type { ChunkTarget } from "./chunkTargets";
import type { LongText } from "./longTexts";
import type { MethodResult } from "./methods/method";

/** A text with the targets of its chunks. */
export type StatedText = LongText & { targets: readonly ChunkTarget[] };

/** An answer in one piece has no windows. */
const remedyFor = (stated: readonly StatedText[]): string =>
  stated.every(({ targets }) => targets.length === 1)
    ? "Try more steps, or a method that cuts the answer."
    : "Try smaller windows or more steps.";

/** What every inner method reports of the targets. */
export function describeTargets(
  stated: readonly StatedText[],
): Pick<MethodResult, "losses" | "warnings" | "intermediates"> {
  const targets = stated.flatMap((text) => text.targets);
  const missed = targets.filter(({ steps }) => steps.at(-1)!.targetProbability < 0.5).length;
  const d = targets[0]!.targetInit.length;
  const rows = (name: string, vectors: readonly Float64Array[]): NamedTensor => ({
    name,
    shape: [vectors.length, d],
    values: Float32Array.from(vectors.flatMap((vector) => [...vector])),
  });
  return {
    losses: targets.map(({ steps }) => steps),
    warnings:
      missed === 0
        ? []
        : [`${missed} of ${targets.length} chunks stayed below a probability of one half. ${remedyFor(stated)}`],
    intermediates: [
      rows("h", targets.map(({ targetInit }) => targetInit)),
      rows("delta_z", targets.map(({ deltas }) => deltas.at(-1)!)),
      rows("z", targets.map(({ target }) => target)),
      { name: "positions", shape: [targets.length], values: Int32Array.from(targets, ({ lookup }) => lookup) },
    ],
  }; // prettier-ignore
}
