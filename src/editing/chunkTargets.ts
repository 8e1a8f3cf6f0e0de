/**
 * One target vector per chunk of a long answer (AnyEdit; algorithms.md 9.3): the state of the token just before a chunk
 * is moved until the chunk follows, with the vectors of the chunks before it in their places. All on the weights in use.
 */
import type { OptimisationStep } from "../domain/edit";
import type { Model } from "../model/model";
import { lookupOf, type Chunk } from "./chunks";
import type { LongText } from "./longTexts";
import { LongPrefix } from "./longPrefix";
import type { FrozenShift, TargetRows } from "./targetRows";
import { optimiseTarget, type OptimisedTarget, type TargetSettings } from "./targets";

/** A chunk with its vector; `lookup` is the position, in question and answer, whose state is edited. */
export type ChunkTarget = OptimisedTarget & { chunk: Chunk; lookup: number };

type ChunkOptions = {
  layer: number;
  /** Long targets have no KL term. */
  settings: Omit<TargetSettings, "klFactor">;
  signal?: AbortSignal | undefined;
  onSteps?: ((losses: readonly (readonly OptimisationStep[])[]) => void) | undefined;
};

/** In the order of the chunks. Throws `cancelled`. */
export async function findChunkTargets(
  model: Model,
  text: LongText,
  chunks: readonly Chunk[],
  { layer, settings, signal, onSteps }: ChunkOptions,
): Promise<ChunkTarget[]> {
  const found: ChunkTarget[] = [];
  const withoutKl = { ...settings, klFactor: 0 };
  const whole = Int32Array.from([...text.question, ...text.answer]);
  const prefix = await LongPrefix.of(model, whole, layer, signal);
  try {
    for (const chunk of chunks) {
      const frozen = found.map(({ lookup, deltas }): FrozenShift => ({
        position: lookup,
        delta: deltas.at(-1)!,
      }));
      const rows = chunkRows(text, chunk, frozen);
      const before = found.map(({ steps }) => steps);
      const onStep = (steps: readonly OptimisationStep[]) => onSteps?.([...before, steps]);
      const runner = await prefix.runnerOf(rows, signal);
      const site = { layer, kind: "resid" } as const;
      const target = await optimiseTarget(model, rows, site, withoutKl, { signal, onStep, runner }).finally(() => runner.dispose()); // prettier-ignore
      found.push({ ...target, chunk, lookup: rows.rows[0]!.lookup });
    }
    return found;
  } finally {
    prefix.dispose();
  }
}

/** One row: everything that predicts the chunk; labels are the chunk, overlap included. */
export function chunkRows(
  { question, answer }: LongText,
  chunk: Chunk,
  frozen: readonly FrozenShift[],
): TargetRows {
  const { start, end } = chunk;
  const lookup = lookupOf(question.length, chunk);
  const ids = Int32Array.from([...question, ...answer]).subarray(0, lookup + end - start);
  const labels = answer.slice(start, end);
  return {
    rows: [{ ids, lookup, frozen }],
    places: Array.from(labels, (_, t) => ({ row: 0, position: lookup + t })),
    labels,
    answerLength: labels.length,
    hasEssence: false,
  };
}
