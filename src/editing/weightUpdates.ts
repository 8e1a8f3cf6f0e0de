/**
 * Applying edits to a weight, and measuring them. Updates are in mathematical orientation (W [out, in]); weights lie
 * in memory as the engine holds them, [in, out].
 */
import type {
  Codebook,
  EditMemory,
  KeptKeys,
  LowRankUpdate,
  SideMemory,
  UpdateSummary,
  WeightUpdate,
} from "../domain/edit";
import { invariant } from "../lib/errors";
import { unpackEntries } from "../lib/packedEntries";
import { sha256 } from "../lib/sha256";
import { norm } from "../linalg/norms";
import type { Beside } from "./besideAdapters";

/**
 * W += ΔW for a weight [in, out], in place. Each entry's change is summed in float64 and the new entry rounded to
 * float32 once per edit: with the edits in a fixed order the result has fixed bits.
 */
export function addUpdate(weight: Float32Array, update: WeightUpdate): void {
  invariant(weight.length === update.in * update.out, `${update.weight}: the update does not fit the weight`);
  for (let i = 0; i < update.in; i++) {
    for (let o = 0; o < update.out; o++) weight[i * update.out + o]! += changeAt(update, o, i);
  }
}

/** ΔW[out, in] as one number. */
function changeAt(update: WeightUpdate, o: number, i: number): number {
  if (update.kind === "dense") return update.values[o * update.in + i]!;
  let sum = 0;
  for (let r = 0; r < update.rank; r++)
    sum += update.u[o * update.rank + r]! * update.v[i * update.rank + r]!;
  return sum;
}

/** ΔW [out, in], row-major, in float64. */
export function denseChange(update: WeightUpdate): Float64Array {
  return Float64Array.from({ length: update.out * update.in }, (_, at) =>
    changeAt(update, Math.floor(at / update.in), at % update.in),
  );
}

/** Whether factors of this rank hold as many numbers as ΔW itself, and so save nothing. */
export const isAsLargeAsDense = ({ rank, in: inWidth, out }: LowRankUpdate): boolean =>
  rank * (inWidth + out) >= inWidth * out;

/** ‖ΔW‖ (Frobenius), without forming ΔW when it has few factors: ‖UVᵀ‖² = Σ (UᵀU)∘(VᵀV). */
export function updateNorm(update: WeightUpdate): number {
  if (update.kind === "dense") return norm(update.values);
  if (isAsLargeAsDense(update)) return norm(denseChange(update));
  let sum = 0;
  for (let r = 0; r < update.rank; r++) {
    for (let s = 0; s < update.rank; s++) {
      sum += columnDot(update.u, update.rank, r, s) * columnDot(update.v, update.rank, r, s);
    }
  }
  return Math.sqrt(Math.max(0, sum));
}

function columnDot(matrix: Float32Array, columns: number, r: number, s: number): number {
  let sum = 0;
  for (let at = 0; at < matrix.length; at += columns) sum += matrix[at + r]! * matrix[at + s]!;
  return sum;
}

/** What lists show of an update; `base` is the checkpoint's own weight. */
export function summariseUpdate(update: WeightUpdate, base: Float32Array): UpdateSummary {
  const size = updateNorm(update);
  const rank = update.kind === "lowRank" ? update.rank : Math.min(update.out, update.in);
  // Whatever is added to nothing is all of it.
  const relativeNorm = size === 0 ? 0 : size / (norm(base) || size);
  return { weight: update.weight, rank, norm: size, relativeNorm };
}

/** Identity of an edit's content: names, shapes and every bit of its tensors. */
export async function digestEdit({
  updates,
  keptKeys = [],
  codebook,
  sideMemory,
  memory,
}: Beside & { updates: readonly WeightUpdate[]; keptKeys?: readonly KeptKeys[] }): Promise<string> {
  return sha256(
    ...updates.flatMap((update) => {
      const shape = `${update.kind} ${update.weight} ${update.out} ${update.in}`;
      return update.kind === "dense"
        ? [shape, update.values]
        : [`${shape} ${update.rank}`, update.u, update.v];
    }),
    ...keptKeys.flatMap(({ layer, count, width, values }) => [`keys ${layer} ${count} ${width}`, values]),
    ...(codebook ? partsOfCodebook(codebook) : []),
    ...(sideMemory ? partsOfSideMemory(sideMemory) : []),
    ...(memory ? partsOfMemory(memory) : []),
  );
}

function partsOfCodebook({ weight, in: inWidth, out, entries, place }: Codebook) {
  const labels = entries.map(({ label: { answer, promptLength } }) => ({ answer, promptLength }));
  return [
    `codebook ${weight} ${entries.length} ${inWidth} ${out} ${JSON.stringify(labels)}`,
    ...(place === undefined ? [] : [`place ${place}`]),
    ...entries.map(({ key }) => key),
    ...entries.map(({ value }) => value),
    Float32Array.from(entries, ({ radius }) => radius),
  ];
}

function partsOfSideMemory({ weight, open, closed, ...rest }: SideMemory) {
  const shards = [...closed, ...(open ? [open] : [])];
  const closest = shards.map((shard) => shard.closest);
  return [
    `side memory ${weight} ${rest.in} ${rest.out} ${rest.activation} ${rest.routing} ${rest.actRatio} ${rest.facts}`,
    `${rest.maskSeed} ${closed.length} ${JSON.stringify(closest)}`,
    ...shards.map(({ entries }) => unpackEntries(entries)),
  ];
}

function partsOfMemory({ keys, centre, ...rest }: EditMemory) {
  const { use, encoder, width, reach, scope, facts } = rest;
  const told = facts.map(({ prompt, subject, answer, demonstrations }) => [
    ...[prompt, subject, answer],
    demonstrations,
  ]);
  return [JSON.stringify(["memory", use, encoder, width, reach, scope ?? null, told]), keys, centre];
}

/** Rank-one factors, rounded to float32: ΔW = value directionᵀ. */
export function rankOneFactors(weight: string, value: Float64Array, direction: Float64Array): LowRankUpdate {
  return {
    kind: "lowRank",
    weight,
    out: value.length,
    in: direction.length,
    rank: 1,
    u: Float32Array.from(value),
    v: Float32Array.from(direction),
  };
}
