/** The enabled edits' change of every weight as one pair of factors: ranks side by side, whole differences factored. */
import type { DenseUpdate, LowRankUpdate } from "../../domain/edit";
import { AppError } from "../../lib/errors";
import { runWithPauses } from "../../linalg/steps";
import type { StackedEdit } from "../stack";
import { denseChange } from "../weightUpdates";
import { factorChange, largestUsefulRank } from "./factorChange";

/** Throws AppError `bad-request`, naming edit and weight, for a change that no factors can hold. */
export async function weightFactors(
  edits: readonly StackedEdit[],
  signal: AbortSignal,
): Promise<LowRankUpdate[]> {
  const names = new Set(edits.flatMap(({ updates }) => updates.map(({ weight }) => weight)));
  const factors: LowRankUpdate[] = [];
  for (const weight of names) {
    const parts = await factorsOf(weight, edits, signal);
    if (parts.length > 0) factors.push(sideBySide(parts));
  }
  return factors;
}

async function factorsOf(
  weight: string,
  edits: readonly StackedEdit[],
  signal: AbortSignal,
): Promise<LowRankUpdate[]> {
  const updates = edits.flatMap((edit) => edit.updates.filter((update) => update.weight === weight));
  const lowRank = updates.filter((update) => update.kind === "lowRank");
  const dense = updates.filter((update) => update.kind === "dense");
  if (dense.length === 0) return lowRank;
  const [{ out, in: inWidth }] = dense as [DenseUpdate];
  if (inWidth === 1) throw notLowRank(weight, edits, "a vector, which an adapter of matrices cannot hold");
  const sum = denseChange(dense[0]!);
  for (const { values } of dense.slice(1)) for (let at = 0; at < sum.length; at++) sum[at]! += values[at]!;
  const factored = await runWithPauses(factorChange(weight, sum, out, inWidth), signal);
  if (!factored) {
    const rank = largestUsefulRank(out, inWidth);
    throw notLowRank(
      weight,
      edits,
      `by more than rank ${rank}, above which factors are larger than the matrix`,
    );
  }
  return factored.rank === 0 ? lowRank : [...lowRank, factored];
}

function notLowRank(weight: string, edits: readonly StackedEdit[], why: string): AppError {
  const culprit = edits.find(({ updates }) =>
    updates.some((update) => update.weight === weight && update.kind === "dense"),
  )!;
  return new AppError(
    "bad-request",
    `“${culprit.name}” (${culprit.method}) changes ${weight} ${why}.`,
    "Export the changed weights whole, with the format safetensors, or switch this edit off.",
    { edit: culprit.id, weight },
  );
}

/** Σ Uᵢ Vᵢᵀ = [U₁ U₂ …] [V₁ V₂ …]ᵀ: nothing is computed and nothing lost. */
function sideBySide(parts: readonly LowRankUpdate[]): LowRankUpdate {
  const [first] = parts as [LowRankUpdate];
  const rank = parts.reduce((sum, part) => sum + part.rank, 0);
  return {
    ...first,
    rank,
    u: joinColumns(
      parts.map((part) => [part.u, part.rank]),
      first.out,
      rank,
    ),
    v: joinColumns(
      parts.map((part) => [part.v, part.rank]),
      first.in,
      rank,
    ),
  };
}

function joinColumns(
  parts: readonly (readonly [Float32Array, number])[],
  rows: number,
  columns: number,
): Float32Array<ArrayBuffer> {
  const joined = new Float32Array(rows * columns);
  let first = 0;
  for (const [values, width] of parts) {
    for (let row = 0; row < rows; row++)
      joined.set(values.subarray(row * width, (row + 1) * width), row * columns + first);
    first += width;
  }
  return joined;
}
